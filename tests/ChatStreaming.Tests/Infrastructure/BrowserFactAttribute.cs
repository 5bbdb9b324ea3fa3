namespace ChatStreaming.Tests.Infrastructure;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Tool.Chromium.SkipReason;
}
