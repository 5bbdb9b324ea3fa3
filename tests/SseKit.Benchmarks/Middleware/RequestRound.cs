namespace SseKit.Benchmarks.Middleware;

/// <summary>What a round of ordinary requests took: CPU seconds and bytes of the server for each.</summary>
internal readonly record struct RequestRound(double PerSecond, double Cpu, double AllocatedBytes);
