namespace ChatStreaming.Tests.Infrastructure;

[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = Tool.Node.SkipReason;
}
