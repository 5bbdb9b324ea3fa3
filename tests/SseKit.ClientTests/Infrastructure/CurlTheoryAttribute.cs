namespace SseKit.ClientTests.Infrastructure;

/// <summary>A theory about curl, skipped if it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CurlTheoryAttribute : TheoryAttribute
{
    public CurlTheoryAttribute() => Skip = InstalledProgram.ReasonToSkip("curl");
}
