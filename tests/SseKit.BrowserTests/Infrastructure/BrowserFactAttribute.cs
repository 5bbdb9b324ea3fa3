namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A fact about a real browser, skipped if there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = InstalledProgram.ReasonToSkip(Chromium.Program);
}
