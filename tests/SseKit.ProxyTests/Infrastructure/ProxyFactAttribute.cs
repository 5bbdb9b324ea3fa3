namespace SseKit.ProxyTests.Infrastructure;

/// <summary>A fact about one program, skipped if it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProxyFactAttribute : FactAttribute
{
    public ProxyFactAttribute(string program) => Skip = InstalledProgram.ReasonToSkip(program);
}
