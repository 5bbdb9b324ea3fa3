namespace SseKit.Benchmarks.FanOut;

/// <summary>The measurements of one round.</summary>
/// <param name="Throughput">Deliveries in a second.</param>
/// <param name="Cpu">Seconds of the server's CPU for a delivery.</param>
/// <param name="ClientCpu">Seconds of the clients' CPU for a delivery.</param>
/// <param name="Allocated">Bytes allocated for a delivery.</param>
/// <param name="AllocatedPerPublish">Bytes allocated for an event, independent of the number of clients.</param>
/// <param name="Delay99">The 99th percentile of the delay, in seconds.</param>
internal readonly record struct FanOutRound(
    double Throughput, double Cpu, double ClientCpu, double Allocated, double AllocatedPerPublish, double Delay99);
