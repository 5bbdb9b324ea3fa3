namespace SseKit.Benchmarks.Replay;

/// <summary>The number of missed events, and of clients.</summary>
internal sealed record ReplayCase(string Topic, int Events, int Clients);
