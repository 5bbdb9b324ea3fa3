using BenchmarkDotNet.Attributes;

namespace SseKit.Benchmarks.Micro;

/// <summary>Writes one event.</summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    private const int Events = 1000;

    private EventContenders _contenders = null!;

    [ParamsAllValues]
    public EventShape Shape { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync() => _contenders = await EventContenders.ForAsync(Shape);

    [Benchmark(Baseline = true, Description = "ready bytes", OperationsPerInvoke = Events)]
    public Task Bare() => _contenders.BareAsync(Events);

    [Benchmark(Description = "SseEventWriter.WriteAsync", OperationsPerInvoke = Events)]
    public Task WriteEach() => _contenders.WriteEachAsync(Events);

    [Benchmark(Description = "SseEventWriter.WriteAllAsync", OperationsPerInvoke = Events)]
    public Task WriteAll() => _contenders.WriteAllAsync(Events);

    [Benchmark(Description = "SseFormatter.WriteAsync", OperationsPerInvoke = Events)]
    public Task FormatAll() => _contenders.FormatAllAsync(Events);
}
