namespace SseKit.Benchmarks.FanOut;

/// <summary>What one round has shown.</summary>
/// <param name="Throughput">Deliveries in a second.</param>
/// <param name="Cpu">Seconds of the server's CPU for a delivery.</param>
/// <param name="ClientCpu">Seconds of the clients' CPU for a delivery.</param>
/// <param name="Allocated">Bytes allocated for a delivery.</param>
/// <param name="AllocatedPerPublish">Bytes allocated for an event, however many have it.</param>
/// <param name="Delay99">The delay that 99 of 100 deliveries stay below, in seconds.</param>
internal readonly record struct FanOutRound(double Throughput, double Cpu, double ClientCpu, double Allocated, double AllocatedPerPublish, double Delay99);
