using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A client is admitted under the connection limits before its request can begin a run (I10).</summary>
public sealed class ReplayAdmissionTests : ReplayTest
{
    private int _questions;

    [Theory]
    [InlineData("/sse")]
    [InlineData("/framework-by-id")]
    [InlineData("/filtered")]
    public async Task Requests_over_the_connection_limit_begin_no_run(string path)
    {
        const int Requests = 2000;
        const int Places = 10;
        await StartReplayAppAsync(options: options => options.MaxConnections = Places, endpoints: MapById);

        HttpStatusCode[] statuses = new HttpStatusCode[Requests];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (i, _) =>
            statuses[i] = (await StreamClient.ConnectAsync(Client, $"{path}?id={i}")).Status);

        Assert.Equal(Places, statuses.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(Requests - Places, statuses.Count(status => status == HttpStatusCode.ServiceUnavailable));
        Assert.Equal(Places, Feed.Runs);
        Assert.Equal(Places, Runs.Count);
        Feed.End();
    }

    [Fact]
    public async Task A_rejected_request_does_not_read_the_store()
    {
        await StartReplayAppAsync(options: options => options.MaxConnections = 1, endpoints: MapById);
        await StreamClient.OpenAsync(Client, "/sse?id=1");
        CountQuestions();

        StreamClient[] rejected =
        [
            await StreamClient.ConnectAsync(Client, "/sse?id=1"),
            await StreamClient.ConnectAsync(Client, "/sse?id=2"),
            await StreamClient.ConnectAsync(Client, "/sse?id=2", method: HttpMethod.Post),
        ];

        Assert.All(rejected, client => Assert.Equal(HttpStatusCode.ServiceUnavailable, client.Status));
        Assert.Equal((0, 1), (_questions, Feed.Runs));
        Feed.End();
    }

    [Fact]
    public async Task A_rejected_EventSource_gets_a_time_to_reconnect()
    {
        await StartReplayAppAsync(options: options => options.MaxConnections = 1, endpoints: MapById);
        await StreamClient.OpenAsync(Client, "/sse?id=1");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sse?id=2") { Headers = { { "Accept", "text/event-stream" } } };

        HttpResponseMessage rejected = await Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, rejected.StatusCode);
        Assert.Matches("^retry: [0-9]+\n$", await rejected.Content.ReadAsStringAsync());
        Assert.Equal(1, Feed.Runs);
        Feed.End();
    }

    [Theory]
    [InlineData("/none", HttpStatusCode.BadRequest)]
    [InlineData("/refused", HttpStatusCode.Unauthorized)]
    [InlineData("/complete", HttpStatusCode.NoContent)]
    public async Task A_response_that_is_no_stream_no_longer_counts(string path, HttpStatusCode status)
    {
        await StartReplayAppAsync(options: options => options.MaxConnections = 1, endpoints: app =>
        {
            MapById(app);
            app.MapGet("/refused", () => Results.Unauthorized()).WithSseReplay("refused");
            app.MapSse("/none", (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(_ => null);
            app.MapSse("/complete", (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay("complete");
        });
        await Publisher.CompleteAsync("complete");

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(status, (await Client.GetAsync(path)).StatusCode);
            await TestTimeout.UntilAsync(() => App.Services.GetRequiredService<StreamRuntime>().Registry.Count == 0);
        }

        await StreamClient.OpenAsync(Client, "/sse?id=1");
        Feed.End();
    }

    private void MapById(WebApplication app)
    {
        app.MapSse("/sse", ["GET", "POST"], (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(TopicOf);
        app.MapGet("/framework-by-id", (CancellationToken ct) => TypedResults.ServerSentEvents(Feed.RunAsync(ct))).WithSseReplay(TopicOf);
        app.MapGet("/filtered", (CancellationToken ct) => TypedResults.ServerSentEvents(Feed.RunAsync(ct)))
            .AddEndpointFilter((context, next) => next(context))
            .WithSseReplay(TopicOf);

        static string TopicOf(HttpContext context) => $"run {context.Request.Query["id"]}";
    }

    private void CountQuestions() => Store.BeforeGetState = () =>
    {
        Interlocked.Increment(ref _questions);
        return Task.CompletedTask;
    };
}
