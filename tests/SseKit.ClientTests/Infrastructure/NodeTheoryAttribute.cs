namespace SseKit.ClientTests.Infrastructure;

/// <summary>A theory about clients for Node, skipped where they cannot be installed. (xunit asks for the reason when it looks for tests, so they are installed then.)</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute() => Skip = NodeClients.ReasonToSkip;
}
