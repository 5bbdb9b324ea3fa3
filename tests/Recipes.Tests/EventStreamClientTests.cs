using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Recipes.Tests.Infrastructure;
using SseKit;

namespace Recipes.Tests;

public sealed class EventStreamClientTests : RecipeTest
{
    private readonly List<string> _gaps = [];
    private readonly RecordedDelays _time = new();
    private readonly EventFeed _answer = new();

    [Fact]
    public async Task It_returns_after_a_disconnect_without_lost_or_repeated_events()
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Get, "/feed");
        for (int i = 0; i < 20; i++)
        {
            await PublisherOf(app).PublishAsync("feed", $"{i}");
            Assert.Equal($"{i}", (await NextAsync(events))?.Data);
            ConnectionsOf(app).Disconnect(_ => true);
        }

        Assert.Empty(_gaps);
    }

    [Fact]
    public async Task It_waits_as_long_as_the_server_says()
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Get, "/feed");
        await PublisherOf(app).PublishAsync("feed", "1");
        await NextAsync(events);

        ConnectionsOf(app).Disconnect(_ => true, retry: TimeSpan.FromMinutes(10));
        await PublisherOf(app).PublishAsync("feed", "2");
        await NextAsync(events);

        // The server sends each client a random 50 to 150 percent of its time.
        Assert.InRange(Assert.Single(_time.Delays), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task It_reports_a_gap()
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Get, "/feed");
        await PublisherOf(app).PublishAsync("feed", "1");
        await NextAsync(events);

        await PublisherOf(app).DeleteAsync("feed");
        await PublisherOf(app).PublishAsync("feed", "2");

        Assert.Equal("2", (await NextAsync(events))?.Data);
        Assert.Equal("{\"reason\":\"unknown\"}", Assert.Single(_gaps));
    }

    [Fact]
    public async Task It_ends_when_its_topic_is_complete()
    {
        KestrelApp app = await StartFeedAsync();
        await PublisherOf(app).PublishAsync("feed", "1");
        await PublisherOf(app).CompleteAsync("feed");

        await using var events = Read(app, HttpMethod.Get, "/feed");

        Assert.Equal("1", (await NextAsync(events))?.Data);
        Assert.Null(await NextAsync(events));
    }

    [Fact]
    public async Task Clean_end_of_a_post_is_its_end()
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Post, "/answer");
        _answer.Send("1");
        Assert.Equal("1", (await NextAsync(events))?.Data);

        _answer.End();

        Assert.Null(await NextAsync(events));
        Assert.Empty(_time.Delays);
    }

    [Fact]
    public async Task Post_that_breaks_off_continues_its_answer()
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Post, "/answer");
        _answer.Send("1");
        Assert.Equal("1", (await NextAsync(events))?.Data);

        ConnectionsOf(app).Disconnect(_ => true);
        _answer.Send("2");
        _answer.End();

        Assert.Equal("2", (await NextAsync(events))?.Data);
        Assert.Null(await NextAsync(events));
    }

    [Fact]
    public async Task Post_that_breaks_off_before_its_first_event_throws()
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Post, "/aborted");

        await Assert.ThrowsAsync<HttpRequestException>(() => NextAsync(events));
    }

    [Fact]
    public async Task Failed_run_throws_after_its_events()
    {
        Logs.ExpectError(record => record.Exception is FormatException);
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Post, "/answer");
        _answer.Send("1");
        await NextAsync(events);

        _answer.End(new FormatException("The handler has failed."));

        await Assert.ThrowsAsync<HttpRequestException>(() => NextAsync(events));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task Refusal_throws_with_its_status(HttpStatusCode status)
    {
        KestrelApp app = await StartFeedAsync();
        await using var events = Read(app, HttpMethod.Get, $"/status/{(int)status}");

        Assert.Equal(status, (await Assert.ThrowsAsync<HttpRequestException>(() => NextAsync(events))).StatusCode);
        Assert.Empty(_time.Delays);
    }

    [Fact]
    public async Task Rejection_by_a_limit_is_repeated_after_its_time()
    {
        KestrelApp app = await StartFeedAsync();
        StreamClient other = await StreamClient.OpenAsync(app.CreateClient(), "/limited");
        await using var events = Read(app, HttpMethod.Get, "/limited");

        Task<SseItem<string>?> next = NextAsync(events);
        await TestTimeout.UntilAsync(() => _time.Delays.Count > 0);
        await other.DisposeAsync();
        await TestTimeout.UntilAsync(() => ConnectionsOf(app).GetConnections() is [{ Id: var id }] && id != "");
        await TestTimeout.UntilAsync(async () =>
        {
            await PublisherOf(app).PublishAsync("feed", "1");
            return next.IsCompleted;
        });

        Assert.Equal("1", (await next)?.Data);
        Assert.InRange(_time.Delays[0], TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45));
    }

    [Fact]
    public async Task Server_that_stops_writing_is_left()
    {
        KestrelApp app = await StartFeedAsync(options => options.HeartbeatInterval = Timeout.InfiniteTimeSpan);
        await using var events = Read(app, HttpMethod.Get, "/feed", TimeSpan.FromMilliseconds(200));
        await PublisherOf(app).PublishAsync("feed", "1");
        await NextAsync(events);

        Task<SseItem<string>?> next = NextAsync(events);
        await TestTimeout.UntilAsync(() => _time.Delays.Count > 0);
        await PublisherOf(app).PublishAsync("feed", "2");

        Assert.Equal("2", (await next)?.Data);
    }

    [Fact]
    public async Task Server_that_is_down_is_tried_again()
    {
        KestrelApp app = await StartFeedAsync();
        await PublisherOf(app).PublishAsync("feed", "1");
        using var http = new HttpClient(new DownAtFirst(times: 3)) { BaseAddress = app.BaseAddress };
        var client = new EventStreamClient(http, _gaps.Add, _time) { SilenceTimeout = TimeSpan.FromHours(1) };
        await using var events = client.ReadAsync(() => new HttpRequestMessage(HttpMethod.Get, "/feed")).GetAsyncEnumerator();

        Assert.Equal("1", (await NextAsync(events))?.Data);
        Assert.Equal(3, _time.Delays.Count);
    }

    [Fact]
    public async Task Client_that_leaves_ends_the_reading()
    {
        KestrelApp app = await StartFeedAsync();
        using var leaving = new CancellationTokenSource();
        var client = new EventStreamClient(app.CreateClient(), _gaps.Add);
        await using var events = client.ReadAsync(() => new HttpRequestMessage(HttpMethod.Get, "/feed"), leaving.Token).GetAsyncEnumerator();
        Task<SseItem<string>?> next = NextAsync(events);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private static async Task<SseItem<string>?> NextAsync(IAsyncEnumerator<SseItem<string>> events) =>
        await events.MoveNextAsync().OrTimeout() ? events.Current : null;

    private Task<KestrelApp> StartFeedAsync(Action<SseOptions>? configure = null) => StartAsync(
        app =>
        {
            var earliest = new SseFollowOptions { StartAt = SseReplayStart.Earliest };
            app.MapSse("/feed", () => SseResults.Follow(["feed"], earliest));
            app.MapSse("/limited", () => SseResults.Follow(["feed"], earliest)).WithSseConnectionLimit(1);
            app.MapSse("/answer", ["POST"], (SseEventWriter events, CancellationToken ct) => _answer.RunAsync(events, ct))
                .WithSseReplay("answer");
            app.MapPost("/aborted", (HttpContext context) => context.Abort());
            app.MapGet("/status/{status}", (int status) => Results.StatusCode(status));
        },
        builder => builder.Services.AddSse(configure));

    private IAsyncEnumerator<SseItem<string>> Read(KestrelApp app, HttpMethod method, string path, TimeSpan? silence = null)
    {
        var client = new EventStreamClient(app.CreateClient(), _gaps.Add, _time)
        {
            SilenceTimeout = silence ?? TimeSpan.FromHours(1),
        };
        return client.ReadAsync(() => new HttpRequestMessage(method, path)).GetAsyncEnumerator();
    }

    private sealed class DownAtFirst(int times) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _left = times;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Interlocked.Decrement(ref _left) >= 0
                ? throw new HttpRequestException("Connection refused.")
                : base.SendAsync(request, cancellationToken);
    }
}
