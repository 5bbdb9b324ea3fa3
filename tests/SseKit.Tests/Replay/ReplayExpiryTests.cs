using System.Net;
using System.Net.ServerSentEvents;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>Events that are missing at the beginning of a run's log are reported to a client that starts there.</summary>
public sealed class ReplayExpiryTests : ReplayTest
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_client_that_joins_late_gets_a_gap()
    {
        await StartExpiringAppAsync();
        StreamClient first = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1", "2", "3");
        await first.TakeAsync(3);
        _time.Advance(TimeSpan.FromMinutes(2));
        Feed.Write("4");
        await first.TakeAsync(1);

        StreamClient late = await StreamClient.OpenAsync(Client, "/writer");

        SseItem<string> gap = await late.NextAsync();
        Assert.Equal(("ssekit.gap", """{"reason":"expired","missed":3}"""), (gap.EventType, gap.Data));
        Assert.Equal(["4"], await late.TakeAsync(1));
        Feed.End();
    }

    [Fact]
    public async Task A_finished_run_without_events_left_is_a_gap()
    {
        await StartFinishedAppAsync();

        StreamClient late = await StreamClient.OpenAsync(Client, "/writer");
        SseItem<string> gap = await late.NextAsync();

        Assert.Equal(("ssekit.gap", """{"reason":"expired","missed":2}"""), (gap.EventType, gap.Data));
        Assert.Empty(await late.ReadToEndAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/writer", late.LastEventId)).Status);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_finished_run_without_events_left_runs_again_with_AfterEnd()
    {
        await StartFinishedAppAsync(replay => replay.RerunPolicy = SseRerunPolicy.AfterEnd);

        StreamClient late = await StreamClient.OpenAsync(Client, "/writer");

        Assert.Empty(await late.ReadToEndAsync());
        Assert.Equal(2, Feed.Runs);
    }

    [Fact]
    public async Task A_client_with_a_foreign_id_gets_one_gap()
    {
        await StartFinishedAppAsync();

        StreamClient foreign = await StreamClient.OpenAsync(Client, "/writer", "0123456789abcdef-7");
        SseItem<string> gap = await foreign.NextAsync();

        Assert.Equal(("ssekit.gap", """{"reason":"unknown"}"""), (gap.EventType, gap.Data));
        Assert.Empty(await foreign.ReadToEndAsync());
    }

    [Fact]
    public async Task A_finished_run_that_wrote_nothing_is_no_gap()
    {
        await StartExpiringAppAsync();
        Feed.End();
        StreamClient first = await StreamClient.OpenAsync(Client, "/writer");
        await first.ReadToEndAsync();
        await RunIsOverAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/writer")).Status);
    }

    private async Task StartFinishedAppAsync(Action<SseReplayOptions>? replay = null)
    {
        await StartExpiringAppAsync(replay);
        StreamClient first = await StreamClient.OpenAsync(Client, "/writer");
        Feed.Write("1", "2");
        Feed.End();
        Assert.Equal(["1", "2"], await first.ReadToEndAsync());
        await RunIsOverAsync();
        _time.Advance(TimeSpan.FromMinutes(2));
    }

    private Task StartExpiringAppAsync(Action<SseReplayOptions>? replay = null) =>
        StartReplayAppAsync(replay, time: _time, bounds: bounds => bounds.MaxAge = TimeSpan.FromMinutes(1));
}
