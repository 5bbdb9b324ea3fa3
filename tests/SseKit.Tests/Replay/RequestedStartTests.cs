using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class RequestedStartTests : ReplayTest
{
    private const string TailIndex = "x-workflow-stream-tail-index";

    public static TheoryData<string> Starts =>
        ["/openai?starting_after=1", "/numbered?starting_after=2", "/workflow?startIndex=2", "/workflow?startIndex=-2"];

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task A_client_starts_at_the_requested_position(string start)
    {
        await StartStartsAppAsync();
        await SayAndWaitAsync("1", "2", "3", "4");
        StreamClient live = await StreamClient.ConnectAsync(Client, start);
        string[] held = await live.TakeAsync(2);
        Feed.Write("5");
        Feed.End();
        string[] rest = await live.ReadToEndAsync();
        await RunIsOverAsync();

        StreamClient late = await StreamClient.ConnectAsync(Client, start.Replace("-2", "-3", StringComparison.Ordinal));

        Assert.Equal(["3", "4"], held);
        Assert.Equal(["5"], rest);
        Assert.Equal(["3", "4", "5"], await late.ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Theory]
    [InlineData("/openai?starting_after=4")]
    [InlineData("/workflow?startIndex=5")]
    public async Task A_start_behind_the_end_of_a_run_waits(string start)
    {
        await StartStartsAppAsync();
        await SayAndWaitAsync("1", "2", "3", "4");
        StreamClient live = await StreamClient.ConnectAsync(Client, start);

        Feed.Write("5", "6", "7");
        Feed.End();

        Assert.Equal(["6", "7"], await live.ReadToEndAsync());
        await RunIsOverAsync();
        Assert.Equal(["6", "7"], await (await StreamClient.ConnectAsync(Client, start)).ReadToEndAsync());
    }

    [Fact]
    public async Task A_finished_run_without_further_events_is_a_204()
    {
        await StartStartsAppAsync();
        Feed.Write("1", "2");
        Feed.End();
        await (await StreamClient.ConnectAsync(Client, "/openai")).ReadToEndAsync();
        await RunIsOverAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/openai?starting_after=1")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/workflow?startIndex=2")).Status);
    }

    [Fact]
    public async Task A_request_that_names_no_start_gets_everything()
    {
        await StartStartsAppAsync();
        await SayAndWaitAsync("1", "2");

        Assert.Equal(["1", "2"], await (await StreamClient.ConnectAsync(Client, "/openai")).TakeAsync(2));
        Assert.Equal(["1", "2"], await (await StreamClient.ConnectAsync(Client, "/tanstack?offset=-1")).TakeAsync(2));
        Feed.End();
    }

    [Theory]
    [InlineData("/openai?starting_after=")]
    [InlineData("/openai?starting_after=-1")]
    [InlineData("/openai?starting_after=1.5")]
    [InlineData("/openai?starting_after=+1")]
    [InlineData("/openai?starting_after=%201")]
    [InlineData("/openai?starting_after=1,000")]
    [InlineData("/openai?starting_after=1&starting_after=2")]
    [InlineData("/openai?starting_after=9223372036854775807")]
    [InlineData("/openai?starting_after=99999999999999999999")]
    [InlineData("/numbered?starting_after=0")]
    [InlineData("/workflow?startIndex=x")]
    [InlineData("/workflow?startIndex=-2147483648")]
    [InlineData("/tanstack?offset=0")]
    [InlineData("/tanstack?offset=-1&offset=-1")]
    public async Task A_malformed_start_begins_no_run(string start)
    {
        await StartStartsAppAsync();

        using HttpResponseMessage response = await Client.GetAsync(start);
        ProblemDetails? problem = await response.Content.ReadFromJsonAsync<ProblemDetails>();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("query parameter", problem?.Detail, StringComparison.Ordinal);
        Assert.Equal(0, Feed.Runs);
        Assert.True((await StateAsync()).IsUnused);
    }

    [Fact]
    public async Task The_largest_index_waits_forever()
    {
        await StartStartsAppAsync();
        await SayAndWaitAsync("1");
        StreamClient client = await StreamClient.ConnectAsync(Client, $"/workflow?startIndex={long.MaxValue}");
        Feed.End();

        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_last_event_id_takes_precedence_over_the_start()
    {
        await StartStartsAppAsync();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/tanstack");
        Feed.Write("1", "2", "3");
        await client.TakeAsync(2);

        StreamClient returned = await StreamClient.ConnectAsync(Client, "/tanstack?offset=-1", client.LastEventId);

        Assert.Equal(["3"], await returned.TakeAsync(1));
        Feed.End();
    }

    [Fact]
    public async Task A_request_that_names_a_start_only_joins()
    {
        await StartStartsAppAsync();
        using HttpResponseMessage missing = await Client.GetAsync("/again?startIndex=0");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Feed.Write("1", "2");
        Feed.End();
        await (await StreamClient.ConnectAsync(Client, "/again")).ReadToEndAsync();
        await RunIsOverAsync();

        Assert.Equal(["1", "2"], await (await StreamClient.ConnectAsync(Client, "/again?startIndex=0")).ReadToEndAsync());
        Assert.Equal(1, Feed.Runs);
    }

    [Fact]
    public async Task The_response_has_the_index_of_the_last_event()
    {
        await StartStartsAppAsync();
        using StreamingResponse first = await Client.OpenAsync("/workflow");
        await SayAndWaitAsync("1", "2", "3");
        using StreamingResponse second = await Client.OpenAsync("/workflow?startIndex=-2");
        string events = await second.ReadUntilAsync("data: 3\n\n");
        using StreamingResponse without = await Client.OpenAsync("/openai");

        Assert.Equal("-1", first.Headers[TailIndex]);
        Assert.Equal("2", second.Headers[TailIndex]);
        Assert.Equal("data: 2\n\ndata: 3\n\n", events.AfterPreamble());
        Assert.False(without.Headers.ContainsKey(TailIndex));
        Feed.End();
    }

    [Fact]
    public async Task A_start_with_expired_events_aborts_the_connection()
    {
        await StartStartsAppAsync(bounds => bounds.MaxEventsPerTopic = 3);
        await SayAndWaitAsync("1", "2", "3", "4", "5", "6");

        StreamClient lost = await StreamClient.ConnectAsync(Client, "/openai?starting_after=1");
        StreamClient held = await StreamClient.ConnectAsync(Client, "/openai?starting_after=2");

        Assert.Empty(await lost.ReadToBreakAsync());
        Assert.Equal(["4", "5", "6"], await held.TakeAsync(3));
        await Logs.WaitForAsync(record => record.Message.Contains("cannot resume", StringComparison.Ordinal));
        Feed.End();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a header")]
    [InlineData("a:b")]
    public void An_invalid_header_name_is_refused_at_the_start(string name) => Assert.Throws<ArgumentException>(
        () => WebApplication.CreateBuilder().Build().MapSse(
            "/", (SseEventWriter events) => events.WriteAsync("").AsTask()).WithSseReplay("t", replay => replay.TailIndexHeader = name));

    private async Task SayAndWaitAsync(params string[] items)
    {
        StreamClient client = await StreamClient.ConnectAsync(Client, "/reader");
        foreach (string item in items)
        {
            Feed.Write(item);
            Assert.Equal(item, (await client.NextAsync()).Data);
        }
    }

    private Task StartStartsAppAsync(Action<SseInMemoryEventStoreOptions>? bounds = null) => StartReplayAppAsync(
        bounds: bounds,
        endpoints: app =>
        {
            Map("/reader", _ => { });
            Map("/openai", replay => replay.RequestedStart = SseStartParameter.After("starting_after"));
            Map("/numbered", replay => replay.RequestedStart = SseStartParameter.After("starting_after", firstNumber: 1));
            Map("/workflow", replay =>
            {
                replay.RequestedStart = SseStartParameter.Index("startIndex");
                replay.TailIndexHeader = TailIndex;
            });
            Map("/again", replay =>
            {
                replay.RequestedStart = SseStartParameter.Index("startIndex");
                replay.RerunPolicy = SseRerunPolicy.AfterEnd;
            });
            Map("/tanstack", replay =>
            {
                replay.RequestedStart = SseStartParameter.Beginning("offset");
                replay.Format = SseFollowFormat.IdsFirst;
            });

            void Map(string path, Action<SseReplayOptions> configure) => app
                .MapSse(path, (CancellationToken cancellationToken) => Feed.RunAsync(cancellationToken))
                .WithSseReplay(Topic, replay =>
                {
                    replay.Format = SseFollowFormat.Plain;
                    configure(replay);
                });
        });
}
