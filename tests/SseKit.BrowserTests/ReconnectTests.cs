using System.Net.ServerSentEvents;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests;

/// <summary>However a stream ends, an EventSource reconnects by itself and sends its position.</summary>
public sealed class ReconnectTests(Chromium chromium) : BrowserTest(chromium)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    /// <summary>The last event id with which each connection began.</summary>
    private readonly Channel<string?> _connections = Channel.CreateUnbounded<string?>();

    [BrowserFact]
    public async Task After_a_cut_the_browser_sends_the_last_event_id()
    {
        var connected = new TaskCompletionSource<HttpContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        KestrelApp app = await StartPageAsync(
            app => app.MapSse("/events", async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
            {
                connected.TrySetResult(context);
                await GreetAsync(events, eventId: "41", cancellationToken);
            }),
            builder => builder.Services.AddSse(options => options.Retry = Soon));
        BrowserPage page = await OpenPageAsync(app);
        await page.OpenEventSourceAsync("/events");
        await page.ReadToAsync(PageRecord.Message("hello", "41"));
        Assert.Null(await NextConnectionAsync());

        (await connected.Task.OrTimeout()).Abort();

        Assert.Equal(PageRecord.Reconnecting, await page.ReadAsync());
        Assert.Equal("41", await NextConnectionAsync());
    }

    [BrowserFact]
    public async Task A_stream_resumes_after_its_lifetime()
    {
        var time = new ManualTimeProvider();
        TimeSpan lifetime = TimeSpan.FromMinutes(10);
        KestrelApp app = await StartPageAsync(
            app => app.MapSse("/events", (SseEventWriter events, CancellationToken cancellationToken) =>
                GreetAsync(events, eventId: "a.1", cancellationToken)),
            builder => builder.Services.AddSingleton<TimeProvider>(time).AddSse(options =>
            {
                options.Retry = Soon;
                options.MaxConnectionLifetime = lifetime;
            }));
        BrowserPage page = await OpenPageAsync(app);

        await page.OpenEventSourceAsync("/events");

        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        Assert.Equal(PageRecord.Message("hello", "a.1"), await page.ReadAsync());
        time.Advance(lifetime);
        Assert.Equal(PageRecord.Reconnecting, await page.ReadAsync());
        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        Assert.Null(await NextConnectionAsync());
        Assert.Equal("a.1", await NextConnectionAsync());
    }

    [BrowserFact]
    public async Task The_browser_uses_the_retry_of_the_options()
    {
        KestrelApp app = await StartPageAsync(
            app => app.MapSse("/events", (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                _connections.Writer.TryWrite(events.LastEventId);
                return Task.CompletedTask;
            }),
            builder => builder.Services.AddSse(options => options.Retry = Soon));
        BrowserPage page = await OpenPageAsync(app);

        await page.OpenEventSourceAsync("/events");

        // With the browser's default of three seconds this would take a minute, which is longer than tests wait.
        Task twentyConnections = Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await _connections.Reader.ReadAsync();
            }
        });
        await twentyConnections.OrTimeout();
    }

    [BrowserFact]
    public async Task Over_the_limit_the_browser_reconnects_until_it_is_admitted()
    {
        KestrelApp app = await StartPageAsync(
            app => app.MapSse("/events", (SseEventWriter events, CancellationToken cancellationToken) =>
                GreetAsync(events, eventId: "1", cancellationToken)).WithSseConnectionLimit(1),
            builder => builder.Services.AddSse(options => options.OverloadRetry = TimeSpan.FromSeconds(1)));
        RawConnection first = await app.ConnectAsync();
        await first.GetAsync("/events");
        await first.ReadUntilAsync("data: hello");
        BrowserPage page = await OpenPageAsync(app);

        await page.OpenEventSourceAsync("/events");
        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        Assert.Equal(PageRecord.Reconnecting, await page.ReadAsync());
        first.Reset();

        IReadOnlyList<PageRecord> onTheWay = await page.ReadToAsync(PageRecord.Message("hello", "1"));
        Assert.DoesNotContain(PageRecord.GivenUp, onTheWay);
    }

    [BrowserFact]
    public async Task The_browser_reconnects_to_a_restarted_server()
    {
        int port = LoopbackPort.Take();
        KestrelApp before = await StartAsync(eventId: "before");
        BrowserPage page = await OpenPageAsync(new Uri($"http://127.0.0.1:{port}"));
        await page.OpenEventSourceAsync("/events");
        await page.ReadToAsync(PageRecord.Message("hello", "before"));
        Assert.Null(await NextConnectionAsync());

        await before.StopAsync().OrTimeout();
        Assert.Equal(PageRecord.Reconnecting, await page.ReadAsync());
        await StartAsync(eventId: "after");

        IReadOnlyList<PageRecord> onTheWay = await page.ReadToAsync(PageRecord.Message("hello", "after"));
        Assert.DoesNotContain(PageRecord.GivenUp, onTheWay);
        Assert.Equal("before", await NextConnectionAsync());

        Task<KestrelApp> StartAsync(string eventId) => StartPageAsync(
            app => app.MapSse("/events", (SseEventWriter events, CancellationToken cancellationToken) =>
                GreetAsync(events, eventId, cancellationToken)),
            builder => builder.Services.AddSse(options => options.ShutdownRetry = Soon),
            port);
    }

    private Task<string?> NextConnectionAsync() => _connections.Reader.ReadAsync().OrTimeout();

    private async Task GreetAsync(SseEventWriter events, string eventId, CancellationToken cancellationToken)
    {
        _connections.Writer.TryWrite(events.LastEventId);
        await events.WriteAsync(new SseItem<string>("hello") { EventId = eventId }, cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
