namespace SseKit.ClientTests.Infrastructure;

/// <summary>A fact about curl, skipped if it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CurlFactAttribute : FactAttribute
{
    public CurlFactAttribute() => Skip = InstalledProgram.ReasonToSkip("curl");
}
