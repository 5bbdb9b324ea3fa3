namespace ChatStreaming.Tests.Infrastructure;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Tool.Chromium.SkipReason;
}
