namespace SseKit.ClientTests.Infrastructure;

/// <summary>A fact about clients for Node, skipped where they cannot be installed. (xunit asks for the reason when it looks for tests, so they are installed then.)</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = NodeClients.ReasonToSkip;
}
