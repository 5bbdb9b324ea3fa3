namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A fact about a real browser, skipped if there is none, or without another program that it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute(params string[] programs) =>
        Skip = new[] { Chromium.Program }.Concat(programs).Select(InstalledProgram.ReasonToSkip).FirstOrDefault(reason => reason is not null);
}
