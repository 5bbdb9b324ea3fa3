namespace SseKit.Benchmarks.Replay;

/// <summary>What was missed, and by how many.</summary>
internal sealed record ReplayCase(string Topic, int Events, int Clients);
