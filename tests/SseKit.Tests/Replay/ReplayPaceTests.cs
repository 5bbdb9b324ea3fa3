using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A run that writes more than the store holds waits for its readers, as a stream waits for its client.</summary>
public sealed class ReplayPaceTests : ReplayTest
{
    [Fact]
    public async Task Twenty_thousand_events_at_once_all_reach_their_client()
    {
        await StartCountingAsync(20_000, size: 400, bounds => bounds.MaxEventsPerTopic = 200);

        StreamClient client = await StreamClient.OpenAsync(Client, "/count");

        Assert.Equal(Texts(20_000, 400), await client.ReadToEndAsync().OrTimeout());
    }

    [Fact]
    public async Task The_slowest_client_loses_nothing()
    {
        var together = new Signal();
        await StartCountingAsync(5_000, size: 400, bounds => bounds.MaxBytesPerTopic = 200_000, together);
        StreamClient slow = await StreamClient.OpenAsync(Client, "/count");
        StreamClient fast = await StreamClient.OpenAsync(Client, "/count");
        together.Set();
        Task<string[]> ofFast = fast.ReadToEndAsync();

        List<string> ofSlow = [.. await slow.TakeAsync(1_000)];
        ofSlow.AddRange(await slow.ReadToEndAsync().OrTimeout());

        Assert.Equal(Texts(5_000, 400), ofSlow);
        Assert.Equal(ofSlow, await ofFast.OrTimeout());
    }

    [Fact]
    public async Task A_tab_that_joins_late_reads_eight_thousand_events()
    {
        await StartCountingAsync(8_000, size: 10);
        await (await StreamClient.OpenAsync(Client, "/count")).ReadToEndAsync().OrTimeout();

        StreamClient late = await StreamClient.OpenAsync(Client, "/count");

        Assert.Equal(Texts(8_000, 10), await late.ReadToEndAsync().OrTimeout());
    }

    [Fact]
    public async Task A_run_without_clients_waits_until_one_resumes()
    {
        await StartCountingAsync(3_000, size: 10_000);
        StreamClient first = await StreamClient.OpenAsync(Client, "/count");
        List<string> received = [.. await first.TakeAsync(1)];
        await first.DisposeAsync();
        await TestTimeout.UntilAsync(() => Runs.Find(Topic) is null or { Followers: 0 });
        long stands = (await StateAsync()).Latest.Sequence;

        StreamClient resumed = await StreamClient.OpenAsync(Client, "/count", first.LastEventId);
        received.AddRange(await resumed.ReadToEndAsync().OrTimeout());

        Assert.InRange(stands, 1, 2_999);
        Assert.Equal(Texts(3_000, 10_000), received);
    }

    [Fact]
    public async Task A_run_that_waits_for_a_client_can_be_stopped()
    {
        await StartCountingAsync(3_000, size: 10_000, stopAfter: TimeSpan.Zero);
        StreamClient first = await StreamClient.OpenAsync(Client, "/count");
        await first.TakeAsync(1);

        await first.DisposeAsync();

        await RunIsOverAsync();
        Assert.Equal(SseTopicStatus.Failed, (await StateAsync()).Status);
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_it_waits_loses_nothing()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        var time = new ManualTimeProvider();
        var left = new Signal();
        await StartReplayAppAsync(
            endpoints: app => app.MapSse("/fails", async (SseEventWriter events) =>
            {
                await left.WaitAsync(CancellationToken.None);
                foreach (string number in Numbers(1, 60))
                {
                    await events.WriteAsync(number, CancellationToken.None);
                }

                throw new InvalidOperationException("The handler has failed.");
            }).WithSseFailureEvent(_ => new SseItem<string>("sorry")).WithSseReplay(Topic),
            bounds: bounds => bounds.MaxEventsPerTopic = 100,
            time: time);
        StreamClient first = await StreamClient.OpenAsync(Client, "/fails");
        await first.DisposeAsync();
        await TestTimeout.UntilAsync(() => Runs.Find(Topic) is { Followers: 0 });
        left.Set();
        await TestTimeout.UntilAsync(async () => (await StateAsync()).Latest.Sequence > 35);
        long stands = (await StateAsync()).Latest.Sequence;

        time.Advance(TimeSpan.FromMinutes(5));

        await RunIsOverAsync();
        (_, SseItem<string>[] items) = await ReadToFailureAsync("/fails");
        Assert.InRange(stands, 36, 55);
        Assert.Equal([.. Numbers(1, 60), "sorry"], items.Where(item => item.EventType == "message").Select(item => item.Data));
    }

    private Task StartCountingAsync(
        int events,
        int size,
        Action<SseInMemoryEventStoreOptions>? bounds = null,
        Signal? begin = null,
        TimeSpan? stopAfter = null) => StartReplayAppAsync(
        endpoints: app => app.MapSse("/count", async (SseEventWriter writer, CancellationToken cancellationToken) =>
        {
            await (begin?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
            foreach (string text in Texts(events, size))
            {
                await writer.WriteAsync(text, cancellationToken);
            }
        }).WithSseReplay(Topic, options => options.StopWithoutFollowersAfter = stopAfter ?? options.StopWithoutFollowersAfter),
        bounds: bounds);

    private static string[] Texts(int count, int size) => [.. Numbers(1, count).Select(number => number.PadLeft(size, '.'))];
}
