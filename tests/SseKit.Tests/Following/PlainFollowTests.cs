using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Replay;

namespace SseKit.Tests.Following;

public sealed class PlainFollowTests : ReplayTest
{
    [Fact]
    public async Task It_has_only_the_topics_events()
    {
        await StartPlainAppAsync();
        await Publisher.PublishAsync("t", "1");
        using StreamingResponse response = await Client.OpenAsync("/plain");
        string first = await response.ReadUntilAsync("data: 1\n\n");

        await Publisher.PublishAsync("t", "2", "named");
        await Publisher.CompleteAsync("t");

        Assert.Equal("data: 1\n\n", first.AfterPreamble());
        Assert.Equal("event: named\ndata: 2\n\n", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task A_clean_end_has_the_terminator()
    {
        await StartPlainAppAsync();
        await Publisher.PublishAsync("t", "1");
        await Publisher.CompleteAsync("t");

        using StreamingResponse response = await Client.OpenAsync("/terminated");

        Assert.Equal("data: 1\n\ndata: [DONE]\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    [Fact]
    public async Task It_starts_at_the_endpoints_position_for_any_id()
    {
        await StartPlainAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        await Publisher.PublishAsync("t", "2");
        await Publisher.CompleteAsync("t");

        using StreamingResponse response = await Client.OpenAsync("/plain", ("Last-Event-ID", first));

        Assert.Equal("data: 1\n\ndata: 2\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    [Fact]
    public async Task Heartbeats_have_no_position_behind_filtered_events()
    {
        var time = new ManualTimeProvider();
        await StartPlainAppAsync(time);
        using StreamingResponse response = await Client.OpenAsync("/filtered");
        await Publisher.PublishAsync("t", "no", "unwanted");
        await Publisher.PublishAsync("t", "yes");
        await response.ReadUntilAsync("data: yes\n\n");
        await Publisher.PublishAsync("t", "no", "unwanted");
        await TestTimeout.UntilAsync(() => Topics.Count == 1);

        await time.TimerArmedAsync(TimeSpan.FromSeconds(15));
        time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(":\n", await response.ReadUntilAsync("\n"));
    }

    [Fact]
    public async Task A_gap_aborts_it()
    {
        await StartPlainAppAsync();
        await Publisher.PublishAsync("t", "1");
        using StreamingResponse response = await Client.OpenAsync("/plain");
        await response.ReadUntilAsync("data: 1\n\n");

        await Store.DeleteAsync("t", null, CancellationToken.None);
        await Publisher.PublishAsync("t", "of another log");

        Assert.Equal("", await response.ReadToBreakAsync());
    }

    [Fact]
    public async Task A_stopping_host_aborts_it()
    {
        await StartPlainAppAsync();
        await Publisher.PublishAsync("t", "1");
        using StreamingResponse response = await Client.OpenAsync("/plain");
        await response.ReadUntilAsync("data: 1\n\n");

        Task stopped = App.StopAsync();

        Assert.Equal("", await response.ReadToBreakAsync());
        await stopped.OrTimeout();
    }

    [Fact]
    public async Task A_run_in_this_format_has_one_terminator()
    {
        await StartPlainAppAsync();
        using StreamingResponse first = await Client.OpenAsync("/run");
        Feed.Write("1");
        string live = await first.ReadUntilAsync("data: 1\n\n");
        Feed.End();
        await RunIsOverAsync();

        using StreamingResponse late = await Client.OpenAsync("/run");

        Assert.Equal("data: 1\n\n", live.AfterPreamble());
        Assert.Equal("data: [DONE]\n\n", await first.ReadToEndAsync());
        Assert.Equal("data: 1\n\ndata: [DONE]\n\n", (await late.ReadToEndAsync()).AfterPreamble());
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_runs_failure_event_ends_all_its_streams()
    {
        Logs.ExpectError(record => record.Exception?.Message == "gone");
        await StartPlainAppAsync();
        using StreamingResponse first = await Client.OpenAsync("/run");
        Feed.Write("1");
        Feed.End(new InvalidOperationException("gone"));
        await RunIsOverAsync();

        using StreamingResponse late = await Client.OpenAsync("/run");

        Assert.Equal("data: 1\n\ndata: failed: gone\n\n", (await first.ReadToEndAsync()).AfterPreamble());
        Assert.Equal("data: 1\n\ndata: failed: gone\n\n", (await late.ReadToEndAsync()).AfterPreamble());
    }

    [Fact]
    public async Task A_run_with_ids_has_one_terminator_and_then_204()
    {
        await StartPlainAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/resumable");
        Feed.Write("1");
        Feed.End();

        string[] all = await client.ReadToEndAsync();
        StreamClient again = await StreamClient.ConnectAsync(Client, "/resumable", client.LastEventId);

        Assert.Equal(["1", "[DONE]"], all);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    private Task StartPlainAppAsync(TimeProvider? time = null) => StartReplayAppAsync(
        endpoints: app =>
        {
            app.MapSse("/plain", () => Plain());
            app.MapSse("/terminated", () => Plain()).WithSseTerminator("[DONE]");
            app.MapSse("/filtered", () => Plain(type => type == "message"));
            app.MapSse("/run", (CancellationToken cancellationToken) => Feed.RunAsync(cancellationToken))
                .WithSseTerminator("[DONE]")
                .WithSseFailureEvent(failure => new SseItem<string>("failed: " + failure.Message), endsStream: true)
                .WithSseReplay(Topic, replay => replay.Format = SseFollowFormat.Plain);
            app.MapSse("/resumable", (CancellationToken cancellationToken) => Feed.RunAsync(cancellationToken))
                .WithSseTerminator("[DONE]")
                .WithSseReplay(Topic);
        },
        time: time);

    private static SseFollowResult Plain(Func<string, bool>? filter = null) => SseResults.Follow(
        ["t"], new SseFollowOptions { StartAt = SseReplayStart.Earliest, EventTypeFilter = filter, Format = SseFollowFormat.Plain });
}
