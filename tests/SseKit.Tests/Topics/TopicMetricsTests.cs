using System.Diagnostics.Metrics;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Topics;

public sealed class TopicMetricsTests : FollowTest
{
    private static readonly SseItem<string> Item = new("1");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_publish_is_measured_with_its_outcome()
    {
        await StartFollowAppAsync(time: _time);
        using var readings = new MeterReadings(App.Services, "SseKit");
        var once = new SsePublishOptions { IdempotencyKey = "key" };
        Store.AfterAppend = () => Task.Run(() => _time.Advance(TimeSpan.FromSeconds(2)));

        await Publisher.PublishAsync("a", Item, once);
        Store.AfterAppend = null;
        await Publisher.PublishAsync("a", Item, once);
        await Publisher.CompleteAsync("a");
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await Publisher.PublishAsync("a", "2"));
        Store.Break();
        await Assert.ThrowsAsync<IOException>(async () => await Publisher.PublishAsync("b", "1"));

        Assert.Equal(
            [("appended", 2), ("known_key", 0), ("completed", 0), ("failed", 0)],
            readings.Of("ssekit.publish.duration").Select(reading => (reading.Tags["ssekit.outcome"], reading.Value)));
    }

    [Fact]
    public async Task A_publish_whose_caller_leaves_is_measured_as_cancelled()
    {
        await StartFollowAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");
        using var leaving = new CancellationTokenSource();
        var mayEnd = new TaskCompletionSource();
        Store.AfterAppend = () => mayEnd.Task;

        ValueTask<string> publishing = Publisher.PublishAsync("a", "1", leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await publishing);
        mayEnd.SetResult();

        MeterReading reading = Assert.Single(readings.Of("ssekit.publish.duration"));
        Assert.Equal("cancelled", reading.Tags["ssekit.outcome"]);
    }

    [Fact]
    public async Task Many_events_are_measured_as_one_append()
    {
        await StartFollowAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");

        await Publisher.PublishAsync("a", Numbers(1, 100).Select(number => new SseItem<string>(number)));

        Assert.Single(readings.Of("ssekit.publish.duration"));
    }

    [Fact]
    public async Task A_listener_that_throws_harms_no_publish()
    {
        Logs.ExpectError(record => record.Id.Id == LogEventIds.ListenerFailed);
        await StartFollowAppAsync();
        using MeterListener listener = ListenAndThrow();
        await using StreamClient client = await FollowAsync("a");

        await Publisher.PublishAsync("a", "1");
        await Publisher.PublishAsync("a", "2");

        Assert.Equal(["1", "2"], await client.TakeAsync(2));
        Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.ListenerFailed);
    }

    [Fact]
    public async Task Evicted_events_are_counted()
    {
        await StartMeasuredAppAsync(options => options.MaxEventsPerTopic = 2);
        using var readings = new MeterReadings(App.Services, "SseKit");

        await PublishNumbersAsync("a", 1, 5);
        await PublishNumbersAsync("b", 1, 2);
        await Publisher.DeleteAsync("b");

        Assert.Equal(3, Assert.Single(readings.Observe("ssekit.evicted_events")).Value);
    }

    [Fact]
    public async Task Events_of_evicted_topics_are_counted()
    {
        await StartMeasuredAppAsync(options => options.MaxTopics = 1);
        using var readings = new MeterReadings(App.Services, "SseKit");

        await PublishNumbersAsync("a", 1, 5);
        await PublishNumbersAsync("b", 1, 2);

        Assert.Equal(5, Assert.Single(readings.Observe("ssekit.evicted_events")).Value);
    }

    [Fact]
    public async Task Expired_events_are_counted()
    {
        await StartMeasuredAppAsync(options => options.MaxAge = TimeSpan.FromSeconds(10));
        using var readings = new MeterReadings(App.Services, "SseKit");

        await PublishNumbersAsync("a", 1, 3);
        _time.Advance(TimeSpan.FromSeconds(11));
        await Publisher.GetLastEventIdAsync("a");

        Assert.Equal(3, Assert.Single(readings.Observe("ssekit.evicted_events")).Value);
    }

    // With the store of AddSse itself.
    private async Task StartMeasuredAppAsync(Action<SseInMemoryEventStoreOptions> bounds) =>
        await StartFollowAppAsync(time: _time, services: builder => new Builder(builder.Services).AddInMemoryEventStore(bounds));

    private MeterListener ListenAndThrow()
    {
        IMeterFactory factory = App.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) =>
            throw new InvalidOperationException($"The listener of {instrument.Name} fails."));
        listener.Start();
        return listener;
    }

    private sealed class Builder(IServiceCollection services) : ISseBuilder
    {
        public IServiceCollection Services => services;
    }
}
