namespace SseKit.Benchmarks.Middleware;

/// <summary>The cost of a round of ordinary requests: CPU seconds and bytes of the server for each.</summary>
internal readonly record struct RequestRound(double PerSecond, double Cpu, double AllocatedBytes);
