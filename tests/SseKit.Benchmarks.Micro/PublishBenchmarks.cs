using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Micro;

/// <summary>Publishes one event to the store in memory, which is full and deletes its oldest event for each. No client follows.</summary>
[MemoryDiagnoser]
public class PublishBenchmarks
{
    private const int Held = 1000;

    private readonly Quote _quote = new("ACME", 42.5, 1200);
    private readonly string _text = new('x', 64);
    private WebApplication _app = null!;
    private ISsePublisher _publisher = null!;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSse().AddInMemoryEventStore(options => options.MaxEventsPerTopic = Held);
        _app = builder.Build();
        _publisher = _app.Services.GetRequiredService<ISsePublisher>();
        for (int i = 0; i < 2 * Held; i++)
        {
            await PublishText();
            await PublishValue();
        }
    }

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _app.DisposeAsync();

    [Benchmark(Baseline = true, Description = "a text of 64 characters")]
    public async Task<string> PublishText() => await _publisher.PublishAsync("texts", _text);

    [Benchmark(Description = "a value, as JSON")]
    public async Task<string> PublishValue() => await _publisher.PublishAsync("values", _quote, eventType: "price");
}
