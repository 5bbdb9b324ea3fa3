namespace SseKit.ClientTests.Infrastructure;

/// <summary>The clients that read an answer which outlives a connection. Each is a module in the folder <c>answers</c>.</summary>
public sealed class ProtocolClients : TheoryData<string>
{
    public static readonly string[] All = ["openai", "ag-ui", "ai", "workflow", "tanstack", "langgraph", "eventsource"];

    public ProtocolClients() => AddRange(All);
}
