using SseKit.BrowserTests.Firefox;

namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A theory about Chromium and Firefox, skipped if one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() =>
        Skip = InstalledProgram.ReasonToSkip(Chromium.Program) ?? InstalledProgram.ReasonToSkip(FirefoxProcess.Program);
}
