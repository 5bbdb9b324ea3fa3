using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>Runs outlive their clients, so they have their own limits.</summary>
public sealed class RunLimitTests : ReplayTest
{
    private readonly Signal _mayEnd = new();

    [Fact]
    public async Task Disconnected_clients_cannot_exceed_the_limit_of_runs()
    {
        const int Requests = 300;
        await StartLimitedAppAsync(maxRuns: 10);
        using var readings = new MeterReadings(App.Services, "SseKit");

        int begun = 0;
        for (int i = 0; i < Requests; i++)
        {
            await using StreamClient client = await StreamClient.ConnectAsync(Client, $"/run?id={i}");
            begun += client.Status == HttpStatusCode.OK ? 1 : 0;
        }

        Assert.Equal((10, 10, 10), (begun, Feed.Runs, Runs.Count));
        Assert.Equal(Requests - 10, readings.Of("ssekit.refused_runs").Count);
        Assert.Equal(10, readings.Sum("ssekit.active_runs"));
    }

    [Fact]
    public async Task A_rejected_EventSource_gets_a_retry_and_others_503()
    {
        await StartLimitedAppAsync(maxRuns: 1);
        await StreamClient.OpenAsync(Client, "/run?id=1");
        using var ofEventSource = new HttpRequestMessage(HttpMethod.Get, "/run?id=2") { Headers = { { "Accept", "text/event-stream" } } };

        HttpResponseMessage browser = await Client.SendAsync(ofEventSource);
        HttpResponseMessage other = await Client.PostAsync("/run?id=2", content: null);

        Assert.Equal(HttpStatusCode.OK, browser.StatusCode);
        Assert.Matches("^retry: [0-9]+\n$", await browser.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, other.StatusCode);
        Assert.InRange(other.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45));
    }

    [Fact]
    public async Task A_client_that_follows_a_run_is_not_limited()
    {
        await StartLimitedAppAsync(maxRuns: 1);
        StreamClient first = await StreamClient.OpenAsync(Client, "/run?id=1");
        await Publisher.CompleteAsync("run 2");

        StreamClient live = await StreamClient.OpenAsync(Client, "/run?id=1");
        StreamClient again = await StreamClient.OpenAsync(Client, "/run?id=1", first.LastEventId);
        StreamClient complete = await StreamClient.ConnectAsync(Client, "/run?id=2");

        Feed.Write("1");
        Assert.Equal(["1"], await live.TakeAsync(1));
        Assert.Equal(["1"], await again.TakeAsync(1));
        Assert.Equal(HttpStatusCode.NoContent, complete.Status);
        Assert.DoesNotContain(Logs.Records, record => record.Id.Id == LogEventIds.RunRefused);
    }

    [Fact]
    public async Task A_rejected_request_leaves_nothing_behind()
    {
        await StartLimitedAppAsync(maxRuns: 1, replay => replay.RerunPolicy = SseRerunPolicy.AfterEnd);
        await Publisher.PublishAsync("run ended", "kept");
        await Publisher.CompleteAsync("run ended");
        string? last = await Publisher.GetLastEventIdAsync("run ended");
        await StreamClient.OpenAsync(Client, "/run?id=1");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await StreamClient.ConnectAsync(Client, "/run?id=2")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await StreamClient.ConnectAsync(Client, "/run?id=ended")).Status);

        Assert.Equal((1, 1), (Feed.Runs, Runs.Count));
        Assert.True((await Store.GetStateAsync("run 2", CancellationToken.None)).IsUnused);
        Assert.Equal(last, await Publisher.GetLastEventIdAsync("run ended"));
    }

    [Fact]
    public async Task A_run_counts_until_its_handler_has_returned()
    {
        await StartReplayAppAsync(options: options => options.MaxRuns = 1, endpoints: app => app
            .MapSse("/wait", (SseEventWriter _, CancellationToken ct) => _mayEnd.WaitAsync(ct)).WithSseReplay(TopicOf));
        StreamClient first = await StreamClient.OpenAsync(Client, "/wait?id=1");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await StreamClient.ConnectAsync(Client, "/wait?id=2")).Status);

        _mayEnd.Set();
        await first.ReadToEndAsync();
        await TestTimeout.UntilAsync(() => Runs.Count == 0);

        StreamClient second = await StreamClient.ConnectAsync(Client, "/wait?id=2");
        Assert.True(second.Status is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{second.Status}");
    }

    [Fact]
    public async Task A_run_that_fails_to_start_no_longer_counts()
    {
        Logs.ExpectError(record => record.Message.Contains("unhandled exception", StringComparison.Ordinal));
        bool fails = true;
        await StartLimitedAppAsync(maxRuns: 1, replay => replay.OnRunStarting = (_, _) =>
        {
            if (fails)
            {
                throw new InvalidOperationException("The tenant is unknown.");
            }
        });
        Assert.Equal(HttpStatusCode.InternalServerError, (await StreamClient.ConnectAsync(Client, "/run?id=1")).Status);

        fails = false;

        await StreamClient.OpenAsync(Client, "/run?id=2");
    }

    [Fact]
    public async Task A_limit_applies_per_key_and_not_without_key()
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            RouteGroupBuilder group = app.MapGroup("/group").WithSseRunLimit(2, context => context.Request.Query["user"].FirstOrDefault());
            group.MapSse("/a", (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(context => "a" + TopicOf(context));
            group.MapGet("/b", (CancellationToken ct) => TypedResults.ServerSentEvents(Feed.RunAsync(ct)))
                .WithSseReplay(context => "b" + TopicOf(context));
        });
        using var readings = new MeterReadings(App.Services, "SseKit");

        HttpStatusCode[] statuses =
        [
            await StatusAsync("/group/a?user=ada&id=1"),
            await StatusAsync("/group/b?user=ada&id=1"),
            await StatusAsync("/group/a?user=ada&id=2"),
            await StatusAsync("/group/b?user=ada&id=1"),
            await StatusAsync("/group/a?user=bob&id=2"),
            await StatusAsync("/group/a?id=3"),
            await StatusAsync("/group/a?id=4"),
            await StatusAsync("/group/a?id=5"),
        ];

        Assert.Equal([200, 200, 503, 200, 200, 200, 200, 200], statuses.Select(status => (int)status));
        MeterReading refused = Assert.Single(readings.Of("ssekit.refused_runs"));
        Assert.Equal(("/group/a", "run_limit"), (refused.Tags["http.route"], refused.Tags["ssekit.refusal"]));
        Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.RunRefused && record.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task A_throwing_key_function_begins_no_run()
    {
        Logs.ExpectError(record => record.Message.Contains("unhandled exception", StringComparison.Ordinal));
        await StartReplayAppAsync(endpoints: app => app.MapSse("/run", (CancellationToken ct) => Feed.RunAsync(ct))
            .WithSseReplay(TopicOf)
            .WithSseRunLimit(1, _ => throw new InvalidOperationException("No user.")));

        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync("/run?id=1"));

        Assert.Equal((0, 0), (Feed.Runs, Runs.Count));
    }

    public override Task DisposeAsync()
    {
        Feed.End();
        return base.DisposeAsync();
    }

    private static string TopicOf(HttpContext context) => $"run {context.Request.Query["id"]}";

    private async Task<HttpStatusCode> StatusAsync(string path) => (await StreamClient.ConnectAsync(Client, path)).Status;

    private Task StartLimitedAppAsync(int maxRuns, Action<SseReplayOptions>? replay = null) => StartReplayAppAsync(
        options: options => options.MaxRuns = maxRuns,
        endpoints: app => app.MapSse("/run", ["GET", "POST"], (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(TopicOf, replay));
}
