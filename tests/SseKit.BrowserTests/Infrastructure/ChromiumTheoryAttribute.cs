namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A theory about Chromium, skipped if it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumTheoryAttribute : TheoryAttribute
{
    public ChromiumTheoryAttribute() => Skip = InstalledProgram.ReasonToSkip(Chromium.Program);
}
