namespace SseKit.BrowserTests.Firefox;

/// <summary>A fact about Firefox, skipped if it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FirefoxFactAttribute : FactAttribute
{
    public FirefoxFactAttribute() => Skip = InstalledProgram.ReasonToSkip(FirefoxProcess.Program);
}
