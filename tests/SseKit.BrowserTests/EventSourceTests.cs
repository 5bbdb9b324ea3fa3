using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests;

/// <summary>How a page's EventSource reads a stream.</summary>
public sealed class EventSourceTests(Chromium chromium) : BrowserTest(chromium)
{
    [BrowserFact]
    public async Task Open_fires_before_the_first_event()
    {
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app => app.MapSse("/events", Feed.RunAsync)));

        await page.OpenEventSourceAsync("/events");

        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        Feed.Send("first");
        Assert.Equal(PageRecord.Message("first"), await page.ReadAsync());
    }

    [BrowserFact]
    public async Task Open_fires_early_for_the_frameworks_result_behind_UseSse()
    {
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app =>
        {
            app.UseSse();
            app.MapGet(
                "/events", (CancellationToken cancellationToken) => TypedResults.ServerSentEvents(Feed.ReadAsync(cancellationToken)));
        }));

        await page.OpenEventSourceAsync("/events");

        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        Feed.Send("first");
        Assert.Equal(PageRecord.Message("first"), await page.ReadAsync());
    }

    [BrowserFact]
    public async Task Events_arrive_with_their_types_ids_and_data()
    {
        SseItem<string>[] items =
        [
            new("line 1\nline 2\r\nline 3\rline 4", "created") { EventId = "7" },
            new("of the default type, and the id stays"),
            new(" a leading space, a trailing line break\n", "created") { EventId = "~8.-_" },
            new("") { EventId = "" },
            new("\u00fcn\u00efcode \u6771\u4eac \U0001F680 and line separators that are none: \u2028\u2029\u0085\v\f"),
        ];
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app => app.MapSse(
            "/events",
            async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAllAsync(items, cancellationToken);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            })));

        await page.OpenEventSourceAsync("/events", "created");

        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        Assert.Equal(new PageRecord("created", "line 1\nline 2\nline 3\nline 4", "7"), await page.ReadAsync());
        Assert.Equal(PageRecord.Message("of the default type, and the id stays", "7"), await page.ReadAsync());
        Assert.Equal(new PageRecord("created", " a leading space, a trailing line break\n", "~8.-_"), await page.ReadAsync());
        Assert.Equal(PageRecord.Message(""), await page.ReadAsync());
        Assert.Equal(PageRecord.Message(items[^1].Data), await page.ReadAsync());
    }

    [BrowserFact]
    public async Task Only_a_heartbeat_event_reaches_a_listener()
    {
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app =>
        {
            TimeSpan interval = TimeSpan.FromMilliseconds(200);
            app.MapSse("/pings", Feed.RunAsync).WithSseHeartbeat(interval, new SseItem<string>("", "ping"));
            app.MapSse("/comments", Feed.RunAsync).WithSseHeartbeat(interval / 10);
        }));

        // The comments are ten times as frequent, so that they have arrived when the pings have.
        await page.OpenEventSourceAsync("/comments");
        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        await page.OpenEventSourceAsync("/pings", "ping");
        Assert.Equal(PageRecord.Open, await page.ReadAsync());

        Assert.Equal(new PageRecord("ping"), await page.ReadAsync());
        Assert.Equal(new PageRecord("ping"), await page.ReadAsync());
    }

    [BrowserFact]
    public async Task A_closed_tab_ends_its_stream_on_the_server()
    {
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app => app.MapSse("/events", Feed.RunAsync)));
        await page.OpenEventSourceAsync("/events");
        Assert.Equal(PageRecord.Open, await page.ReadAsync());

        await page.CloseAsync();

        await Feed.Ended.OrTimeout();
    }

    [BrowserFact]
    public async Task A_seventh_stream_over_http_1_waits()
    {
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app => app.MapSse("/events", Feed.RunAsync)));
        for (int i = 0; i < 7; i++)
        {
            await page.OpenEventSourceAsync("/events");
        }

        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(PageRecord.Open, await page.ReadAsync());
        }

        Assert.False(Feed.Ended.IsCompleted);
        await page.CloseEventSourceAsync(0);

        await Feed.Ended.OrTimeout();
        Assert.Equal(PageRecord.Open, await page.ReadAsync());
    }
}
