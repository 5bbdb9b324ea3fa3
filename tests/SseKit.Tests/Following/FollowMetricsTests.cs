using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

public sealed class FollowMetricsTests : FollowTest
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_delivery_is_measured_from_append_to_flush()
    {
        // The filter runs between the two.
        await StartFollowAppAsync(time: _time, endpoints: app => app.MapSse("/slow", () => SseResults.Follow(["a"], new SseFollowOptions
        {
            EventTypeFilter = _ =>
            {
                _time.Advance(TimeSpan.FromSeconds(3));
                return true;
            },
        })));
        using var readings = new MeterReadings(App.Services, "SseKit");
        await using StreamClient client = await StreamClient.OpenAsync(Client, "/slow");
        await CaughtUpAsync(readings);

        await Publisher.PublishAsync("a", "1");

        Assert.Equal(3, (await readings.WaitForAsync("ssekit.delivery.delay", _ => true)).Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task A_burst_is_measured_once_for_each_follower(int followers)
    {
        await StartFollowAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");
        StreamClient[] clients = new StreamClient[followers];
        for (int i = 0; i < followers; i++)
        {
            clients[i] = await FollowAsync("a");
            await CaughtUpAsync(readings);
        }

        await Publisher.PublishAsync("a", Numbers(1, 100).Select(number => new SseItem<string>(number)));
        foreach (StreamClient client in clients)
        {
            Assert.Equal(Numbers(1, 100), await client.TakeAsync(100));
        }

        await AllLeaveAsync(clients);
        Assert.Equal(followers, readings.Of("ssekit.delivery.delay").Count);
    }

    [Fact]
    public async Task Missed_events_are_no_delayed_deliveries()
    {
        await StartFollowAppAsync(time: _time);
        using var readings = new MeterReadings(App.Services, "SseKit");
        StreamClient stays = await FollowAsync("a");
        StreamClient leaves = await FollowAsync("a");
        await CaughtUpAsync(readings);
        await Publisher.PublishAsync("a", "1");
        Assert.Equal(["1"], await leaves.TakeAsync(1));
        await leaves.DisposeAsync();
        await PublishNumbersAsync("a", 2, 4);
        Assert.Equal(["1", "2", "3", "4"], await stays.TakeAsync(4));

        _time.Advance(TimeSpan.FromMinutes(1));
        StreamClient returns = await FollowAsync("a", leaves.LastEventId);
        Assert.Equal(["2", "3", "4"], await returns.TakeAsync(3));
        await Publisher.PublishAsync("a", "5");
        Assert.Equal(["5"], await returns.TakeAsync(1));

        await AllLeaveAsync(stays, returns);
        Assert.All(readings.Of("ssekit.delivery.delay"), reading => Assert.Equal(0, reading.Value));
    }

    [Fact]
    public async Task Replayed_events_are_those_older_than_the_stream()
    {
        await StartFollowAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");
        await Publisher.PublishAsync("a", "1");
        string afterFirst = (await Publisher.GetLastEventIdAsync("a"))!;
        await PublishNumbersAsync("a", 2, 4);

        StreamClient client = await FollowAsync("a", afterFirst);
        Assert.Equal(["2", "3", "4"], await client.TakeAsync(3));
        double replayed = readings.Observe("ssekit.replayed_events").Single().Value;
        await PublishNumbersAsync("a", 5, 9);

        Assert.Equal(Numbers(5, 9), await client.TakeAsync(5));
        Assert.Equal((3, 3), (replayed, readings.Observe("ssekit.replayed_events").Single().Value));
    }

    [Fact]
    public async Task A_follower_is_behind_while_it_reads_the_store()
    {
        await StartFollowAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");
        var mayRead = new TaskCompletionSource();
        Store.BeforeRead = () => mayRead.Task;

        StreamClient client = await FollowAsync("a");
        await TestTimeout.UntilAsync(() => Behind(readings) == 1);
        mayRead.SetResult();
        await TestTimeout.UntilAsync(() => Behind(readings) == 0);

        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_follower_that_leaves_is_no_longer_behind()
    {
        await StartFollowAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");
        Store.BeforeRead = () => new TaskCompletionSource().Task;

        StreamClient client = await FollowAsync("a");
        await TestTimeout.UntilAsync(() => Behind(readings) == 1);
        await AllLeaveAsync(client);

        Assert.Equal(0, Behind(readings));
    }

    [Fact]
    public async Task Reads_of_the_store_are_counted_with_their_outcome()
    {
        await StartFollowAppAsync(time: _time);
        using var readings = new MeterReadings(App.Services, "SseKit");
        Store.BeforeRead = () =>
        {
            Store.BeforeRead = null;
            return Task.FromException(new IOException("The disk has failed."));
        };

        StreamClient client = await FollowAsync("a");
        await TestTimeout.UntilAsync(() => Reads(readings, "failed") == 1);
        await TestTimeout.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            return Reads(readings, "answered") == 2;
        });

        await client.DisposeAsync();
    }

    // The first follower reads the store once; the others then find a tail that is current.
    private static Task CaughtUpAsync(MeterReadings readings) =>
        TestTimeout.UntilAsync(() => Reads(readings, "answered") >= 2 && Behind(readings) == 0);

    private async Task AllLeaveAsync(params StreamClient[] clients)
    {
        foreach (StreamClient client in clients)
        {
            await client.DisposeAsync();
        }

        await AllLeftAsync();
    }

    private static double Behind(MeterReadings readings) => readings.Observe("ssekit.followers_behind").Single().Value;

    private static double Reads(MeterReadings readings, string outcome) =>
        readings.Observe("ssekit.store_reads").Single(reading => (string?)reading.Tags["ssekit.outcome"] == outcome).Value;
}
