using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Firefox;

/// <summary>
/// Differences of Firefox from Chromium: it opens with the first byte of the body, and ignores an id in a block without data.
/// </summary>
public sealed class FirefoxTests : ServerTest
{
    private const string Page = """
        <!doctype html><title>SseKit</title><script>
        let told = Promise.resolve();
        const report = (type, data, lastEventId) => {
            told = told.then(() => fetch("/records", {
                method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ type, data, lastEventId }) }));
        };
        const source = new EventSource("/events");
        source.onopen = () => report("open", "", "");
        source.onerror = () => report("error", ["CONNECTING", "OPEN", "CLOSED"][source.readyState], "");
        source.onmessage = event => report("message", event.data, event.lastEventId);
        source.addEventListener("ssekit.open", () => report("ssekit.open", "", ""));
        </script>
        """;

    // It opens with the first byte. A connection that breaks then has no position to continue from.
    private static readonly PageRecord HasPosition = new("ssekit.open");

    private readonly Channel<PageRecord> _records = Channel.CreateUnbounded<PageRecord>();
    private readonly ConcurrentQueue<HttpContext> _requests = new();

    [FirefoxFact]
    public async Task Open_fires_before_the_first_event()
    {
        var feed = new EventFeed();
        KestrelApp app = await StartPageAsync(app => app.MapSse("/events", feed.RunAsync));

        using var firefox = new FirefoxProcess(app.BaseAddress);

        Assert.Equal(PageRecord.Open, await ReadAsync());
        feed.Send("first");
        Assert.Equal(PageRecord.Message("first"), await ReadAsync());
    }

    [FirefoxFact]
    public async Task A_follower_cut_before_its_first_event_misses_nothing()
    {
        KestrelApp app = await StartPageAsync(MapFollow);
        ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
        using var firefox = new FirefoxProcess(app.BaseAddress);
        Assert.Equal(PageRecord.Open, await ReadAsync());
        Assert.Equal(HasPosition, await ReadAsync());

        Assert.True(_requests.TryDequeue(out HttpContext? request));
        request.Abort();
        Assert.Equal(PageRecord.Reconnecting, await ReadAsync());
        List<PageRecord> expected = [PageRecord.Open, HasPosition];
        for (int i = 1; i <= 3; i++)
        {
            expected.Add(PageRecord.Message($"{i}", await publisher.PublishAsync("topic", $"{i}")));
        }

        foreach (PageRecord record in expected)
        {
            Assert.Equal(record, await ReadAsync());
        }
    }

    [FirefoxFact]
    public async Task A_completed_topic_ends_reconnecting()
    {
        KestrelApp app = await StartPageAsync(MapFollow);
        ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
        using var firefox = new FirefoxProcess(app.BaseAddress);
        Assert.Equal(PageRecord.Open, await ReadAsync());
        Assert.Equal(HasPosition, await ReadAsync());

        string id = await publisher.PublishAsync("topic", "last");
        await publisher.CompleteAsync("topic");

        Assert.Equal(PageRecord.Message("last", id), await ReadAsync());
        Assert.Equal(PageRecord.Reconnecting, await ReadAsync());
        Assert.Equal(PageRecord.GivenUp, await ReadAsync());
    }

    private void MapFollow(WebApplication app) => app.MapSse("/events", (HttpContext context) =>
    {
        _requests.Enqueue(context);
        return SseResults.Follow("topic");
    });

    private Task<KestrelApp> StartPageAsync(Action<WebApplication> endpoints) => StartAsync(
        app =>
        {
            app.MapGet("/", () => TypedResults.Content(Page, "text/html"));
            app.MapPost("/records", (PageRecord record) => _records.Writer.TryWrite(record));
            endpoints(app);
        },
        builder => builder.Services.AddSse(options => options.Retry = TimeSpan.FromMilliseconds(500)));

    private Task<PageRecord> ReadAsync() => _records.Reader.ReadAsync().AsTask().WaitAsync(FirefoxProcess.Limit);
}
