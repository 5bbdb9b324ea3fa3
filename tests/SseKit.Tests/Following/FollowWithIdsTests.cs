using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Replay;

namespace SseKit.Tests.Following;

public sealed class FollowWithIdsTests : ReplayTest
{
    private const string Gap = "{\"error\":\"gap in t\"}";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task The_stream_has_only_the_topics_events_with_ids()
    {
        await StartIdsAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        using StreamingResponse response = await Client.OpenAsync("/ids");
        string start = await response.ReadUntilAsync("\n\n");

        string second = await Publisher.PublishAsync("t", "2", "named");
        await Publisher.CompleteAsync("t");

        Assert.Equal($"data: 1\nid: {first}\n\n", start.AfterPreamble());
        Assert.Equal($"event: named\ndata: 2\nid: {second}\n\n", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_resumes_and_ends_with_204()
    {
        await StartIdsAppAsync();
        await PublishNumbersAsync("t", 1, 3);
        StreamClient client = await StreamClient.ConnectAsync(Client, "/ids");
        string[] before = await client.TakeAsync(2);
        await client.DisposeAsync();

        await PublishNumbersAsync("t", 4, 5);
        StreamClient returned = await StreamClient.ConnectAsync(Client, "/ids", client.LastEventId);
        string[] missed = await returned.TakeAsync(3);
        await Publisher.CompleteAsync("t");
        string[] rest = await returned.ReadToEndAsync();
        StreamClient again = await StreamClient.ConnectAsync(Client, "/ids", returned.LastEventId);

        Assert.Equal(["1", "2"], before);
        Assert.Equal(["3", "4", "5"], missed);
        Assert.Empty(rest);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task A_client_that_disconnects_before_its_first_event_loses_none()
    {
        await StartIdsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/ids");
        await client.DisposeAsync();
        await AllLeftAsync();
        await PublishNumbersAsync("t", 1, 2);

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/ids");

        Assert.Equal(["1", "2"], await returned.TakeAsync(2));
    }

    [Fact]
    public void A_start_that_moves_with_the_topic_is_refused()
    {
        Assert.All(new[] { SseReplayStart.Latest, SseReplayStart.Last(3) }, start => Assert.Throws<ArgumentException>(
            () => SseResults.Follow(["t"], new SseFollowOptions { Format = SseFollowFormat.Ids, StartAt = start })));
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        RouteHandlerBuilder endpoint = builder.Build().MapSse("/", (SseEventWriter events) => events.WriteAsync("").AsTask());
        Assert.Throws<ArgumentException>(() => endpoint.WithSseReplay(Topic, replay =>
        {
            replay.Format = SseFollowFormat.Ids;
            replay.ReplayStart = SseReplayStart.Latest;
        }));
    }

    [Fact]
    public async Task Several_topics_share_one_id()
    {
        await StartIdsAppAsync();
        await Publisher.PublishAsync("a", "a1");
        await Publisher.PublishAsync("b", "b1");
        StreamClient client = await StreamClient.ConnectAsync(Client, "/several");
        string[] before = await client.TakeAsync(2);
        await client.DisposeAsync();
        await Publisher.PublishAsync("b", "b2");
        await Publisher.PublishAsync("a", "a2");

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/several", client.LastEventId);

        Assert.Equal(["a1", "b1"], before);
        Assert.Equal(["a2", "b2"], await returned.TakeAsync(2));
    }

    [Fact]
    public async Task The_id_can_be_the_first_line_of_each_event()
    {
        await StartIdsAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        string second = await Publisher.PublishAsync("t", "a\nb", "named");
        await Publisher.CompleteAsync("t");

        using StreamingResponse response = await Client.OpenAsync("/first");
        using StreamingResponse gap = await Client.OpenAsync("/first", ("Last-Event-ID", "zzzzzzzz0-1"));
        string events = $"id: {first}\ndata: 1\n\nid: {second}\nevent: named\ndata: a\ndata: b\n\n";

        Assert.Equal(events, (await response.ReadToEndAsync()).AfterPreamble());
        Assert.Equal($"id: {first[..^1]}0\ndata: {Gap}\n\n", (await gap.ReadToBreakAsync()).AfterPreamble());
    }

    [Fact]
    public async Task A_gap_aborts_the_connection_and_is_logged()
    {
        await StartIdsAppAsync();
        string first = await PublishAndExpireAsync();

        StreamClient client = await StreamClient.ConnectAsync(Client, "/ids", first);
        SseItem<string>[] items = await client.ReadToBreakAsync();
        StreamClient unknown = await StreamClient.ConnectAsync(Client, "/ids", "zzzzzzzz0-1");

        Assert.Empty(items);
        Assert.Equal(first, client.LastEventId);
        Assert.Empty(await unknown.ReadToBreakAsync());
        LogRecord record = await Logs.WaitForAsync(record => record.Message.Contains("cannot resume", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, record.Level);
    }

    [Theory]
    [InlineData("/failure")]
    [InlineData("/clean-failure")]
    public async Task The_endpoints_event_reports_a_gap(string path)
    {
        await StartIdsAppAsync();
        string first = await PublishAndExpireAsync();

        StreamClient client = await StreamClient.ConnectAsync(Client, path, first);
        SseItem<string> gap = await client.NextAsync();
        SseItem<string>[] rest = path == "/failure" ? await client.ReadToBreakAsync() : [.. await ToEndAsync(client)];
        StreamClient returned = await StreamClient.ConnectAsync(Client, path, client.LastEventId);

        Assert.Equal(Gap, gap.Data);
        Assert.Empty(rest);
        Assert.Equal(["8", "9", "10"], await returned.TakeAsync(3));
    }

    [Fact]
    public async Task A_gap_in_one_topic_loses_no_event_of_others()
    {
        await StartIdsAppAsync();
        await Publisher.PublishAsync("a", "a1");
        await Publisher.PublishAsync("b", "b1");
        StreamClient client = await StreamClient.ConnectAsync(Client, "/several");
        await client.TakeAsync(2);
        await client.DisposeAsync();
        await Publisher.PublishAsync("a", "a2");
        await Publisher.DeleteAsync("b");
        await Publisher.PublishAsync("b", "b of another log");

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/several", client.LastEventId);
        SseItem<string> gap = await returned.NextAsync();
        await returned.ReadToBreakAsync();
        StreamClient again = await StreamClient.ConnectAsync(Client, "/several", returned.LastEventId);

        Assert.Equal("{\"error\":\"gap in b\"}", gap.Data);
        Assert.Equal(["a2", "b of another log"], await again.TakeAsync(2));
    }

    [Fact]
    public async Task Gaps_in_several_topics_are_passed_at_once()
    {
        await StartIdsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/several", ".AAAA");
        SseItem<string> gap = await client.NextAsync();
        await client.ReadToBreakAsync();
        await Publisher.PublishAsync("a", "a1");
        await Publisher.PublishAsync("b", "b1");

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/several", client.LastEventId);

        Assert.Equal("{\"error\":\"gap in a\"}", gap.Data);
        Assert.Equal(["a1", "b1"], (await returned.TakeAsync(2)).Order());
    }

    [Fact]
    public async Task Heartbeats_are_comments()
    {
        await StartIdsAppAsync();
        using StreamingResponse response = await Client.OpenAsync("/messages");
        await Publisher.PublishAsync("t", "yes");
        await response.ReadUntilAsync("\n\n");
        await Publisher.PublishAsync("t", "no", "hidden");

        Assert.Equal(":\n", await ReadWithHeartbeatsAsync(response, "\n"));
    }

    [Fact]
    public async Task A_heartbeat_event_has_the_position_of_hidden_events()
    {
        await StartIdsAppAsync();
        using StreamingResponse response = await Client.OpenAsync("/pinged");
        await Publisher.PublishAsync("t", "yes");
        await response.ReadUntilAsync("\n\n");
        string hidden = await Publisher.PublishAsync("t", "no", "hidden");

        string ping;
        do
        {
            // The first heartbeats may come before the follower has read the hidden event.
            ping = await ReadWithHeartbeatsAsync(response, "\n\n");
        }
        while (!ping.Contains(hidden, StringComparison.Ordinal));

        Assert.Equal($"event: ping\ndata: {{}}\nid: {hidden}\n\n", ping);
    }

    [Fact]
    public async Task Hidden_events_move_the_next_events_position()
    {
        await StartIdsAppAsync();
        await Publisher.PublishAsync("t", "no", "hidden");
        string last = await Publisher.PublishAsync("t", "yes");
        StreamClient client = await StreamClient.ConnectAsync(Client, "/messages");

        await client.TakeAsync(1);

        Assert.Equal(last, client.LastEventId);
    }

    // With each return it would find nothing and return again.
    [Theory]
    [InlineData(1, HttpStatusCode.NoContent)]
    [InlineData(200, HttpStatusCode.NoContent)]
    [InlineData(0, HttpStatusCode.OK)]
    public async Task A_client_with_only_hidden_events_left_gets_204(int hidden, HttpStatusCode expected)
    {
        await StartIdsAppAsync(maxEvents: 1000);
        string last = await Publisher.PublishAsync("t", "yes");
        if (hidden == 0)
        {
            await Publisher.PublishAsync("t", "again");
        }

        for (int i = 0; i <= hidden; i++)
        {
            await Publisher.PublishAsync("t", "no", "hidden");
        }

        await Publisher.CompleteAsync("t");

        Assert.Equal(expected, (await StreamClient.ConnectAsync(Client, "/messages", last)).Status);
    }

    [Fact]
    public async Task A_client_with_only_hidden_events_of_an_open_topic_follows()
    {
        await StartIdsAppAsync();
        string last = await Publisher.PublishAsync("t", "yes");
        await Publisher.PublishAsync("t", "no", "hidden");
        StreamClient client = await StreamClient.ConnectAsync(Client, "/messages", last);

        await Publisher.PublishAsync("t", "again");

        Assert.Equal(["again"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_stopping_host_aborts_the_connection()
    {
        await StartIdsAppAsync();
        await Publisher.PublishAsync("t", "1");
        using StreamingResponse response = await Client.OpenAsync("/ids");
        await response.ReadUntilAsync("\n\n");

        Task stopped = App.StopAsync();

        Assert.Equal("", await response.ReadToBreakAsync());
        await stopped.OrTimeout();
    }

    [Fact]
    public async Task A_run_that_is_cut_resumes_and_ends_with_204()
    {
        await StartIdsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/run");
        Feed.Write("1", "2");
        await client.TakeAsync(1);
        await client.DisposeAsync();

        Feed.Write("3");
        Feed.End();
        StreamClient returned = await StreamClient.ConnectAsync(Client, "/run", client.LastEventId);
        string[] rest = await returned.ReadToEndAsync();
        StreamClient again = await StreamClient.ConnectAsync(Client, "/run", returned.LastEventId);

        Assert.Equal(["2", "3", "[DONE]"], rest);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task A_failed_runs_event_precedes_an_abort_and_204()
    {
        Logs.ExpectError(record => record.Exception?.Message == "gone");
        await StartIdsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/run");
        Feed.Write("1");
        await client.TakeAsync(1);
        Feed.End(new InvalidOperationException("gone"));
        SseItem<string>[] items = await client.ReadToBreakAsync();
        await RunIsOverAsync();

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/run", client.LastEventId);

        Assert.Equal(["{\"error\":\"gone\"}"], items.Select(item => item.Data));
        Assert.Equal(HttpStatusCode.NoContent, returned.Status);
    }

    [Fact]
    public async Task An_interrupted_run_is_reported_once_after_a_reconnect()
    {
        await StartIdsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/failure");
        await Publisher.PublishAsync("t", "1");
        await client.TakeAsync(1);
        await Store.CompleteAsync("t", SseTopicStatus.Failed, null, CancellationToken.None);
        StreamClient returned = await StreamClient.ConnectAsync(Client, "/failure", client.LastEventId);
        SseItem<string>[] report = await returned.ReadToBreakAsync();
        StreamClient again = await StreamClient.ConnectAsync(Client, "/failure", returned.LastEventId);

        Assert.Equal(["{\"error\":\"The run that writes topic 't' has failed.\"}"], report.Select(item => item.Data));
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task A_failed_run_without_failure_event_aborts_each_connection()
    {
        Logs.ExpectError(record => record.Exception?.Message == "gone");
        await StartIdsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/silent-run");
        Feed.Write("1");
        await client.TakeAsync(1);
        Feed.End(new InvalidOperationException("gone"));
        await client.ReadToBreakAsync();
        await RunIsOverAsync();

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/silent-run", client.LastEventId);

        Assert.Empty(await returned.ReadToBreakAsync());
    }

    private static async Task<List<SseItem<string>>> ToEndAsync(StreamClient client)
    {
        List<SseItem<string>> items = [];
        while (await client.TryNextAsync() is { } item)
        {
            items.Add(item);
        }

        return items;
    }

    // A heartbeat during another write is skipped.
    private async Task<string> ReadWithHeartbeatsAsync(StreamingResponse response, string text)
    {
        Task<string> read = response.ReadUntilAsync(text);
        while (!read.IsCompleted)
        {
            await _time.TimerArmedAsync(TimeSpan.FromSeconds(15));
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        return await read;
    }

    // Returns the id of the first event, after which six are deleted.
    private async Task<string> PublishAndExpireAsync()
    {
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 10);
        return first;
    }

    private Task StartIdsAppAsync(int maxEvents = 3) => StartReplayAppAsync(
        bounds: bounds => bounds.MaxEventsPerTopic = maxEvents,
        endpoints: app =>
        {
            app.MapSse("/ids", () => Ids("t"));
            app.MapSse("/first", () => SseResults.Follow(["t"], new SseFollowOptions { Format = SseFollowFormat.IdsFirst }))
                .WithSseFailureEvent(Failure);
            app.MapSse("/several", () => Ids("a", "b")).WithSseFailureEvent(Failure);
            app.MapSse("/failure", () => Ids("t")).WithSseFailureEvent(Failure);
            app.MapSse("/clean-failure", () => Ids("t")).WithSseFailureEvent(Failure, endsStream: true);
            app.MapSse("/messages", () => Messages());
            app.MapSse("/pinged", () => Messages()).WithSseOptions(o => o.HeartbeatEvent = new SseItem<string>("{}", "ping"));
            app.MapSse("/run", (CancellationToken cancellationToken) => Feed.RunAsync(cancellationToken))
                .WithSseTerminator("[DONE]")
                .WithSseFailureEvent(Failure)
                .WithSseReplay(Topic, replay => replay.Format = SseFollowFormat.Ids);
            app.MapSse("/silent-run", (CancellationToken cancellationToken) => Feed.RunAsync(cancellationToken))
                .WithSseReplay(Topic, replay => replay.Format = SseFollowFormat.Ids);
        },
        time: _time);

    private static SseItem<string>? Failure(Exception failure) =>
        new($"{{\"error\":\"{(failure is SseGapException gap ? $"gap in {gap.Topic}" : failure.Message)}\"}}");

    private static SseFollowResult Ids(params string[] topics) =>
        SseResults.Follow(topics, new SseFollowOptions { Format = SseFollowFormat.Ids });

    private static SseFollowResult Messages() =>
        SseResults.Follow(["t"], new SseFollowOptions { Format = SseFollowFormat.Ids, EventTypeFilter = type => type == "message" });
}
