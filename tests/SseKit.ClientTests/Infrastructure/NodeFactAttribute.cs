namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// A fact about clients for Node, skipped if they cannot be installed. (xunit reads the reason when it discovers tests, so they are
/// installed then.)
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = NodeClients.ReasonToSkip;
}
