using SseKit.ProxyTests.Infrastructure;

namespace SseKit.ProxyTests;

/// <summary>Heartbeats and all kinds of ends pass through a proxy.</summary>
public sealed class StreamLifeTests : ProxyTest
{
    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Heartbeats_pass(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync(options => options.HeartbeatInterval = ShortHeartbeat);
        ReverseProxy proxy = await StartProxyAsync(kind, app);
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));

        await stream.ReadHeartbeatsAsync(count: 4);
        Feed.Send("event");

        Assert.Equal("data: event", await stream.ReadEventAsync());
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Heartbeats_detect_a_client_that_left_an_idle_stream(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync(options => options.HeartbeatInterval = ShortHeartbeat);
        ReverseProxy proxy = await StartProxyAsync(kind, app);
        EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));
        await stream.ReadHeartbeatsAsync(count: 2);

        stream.Dispose();

        await Feed.Ended.OrTimeout();
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task A_stopping_server_ends_the_stream_cleanly_with_a_retry(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync();
        ReverseProxy proxy = await StartProxyAsync(kind, app);
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));
        await AssertPromptAsync(stream);

        await app.StopAsync().OrTimeout();

        Assert.Matches("^retry: [0-9]+$", await stream.ReadEventAsync());
        Assert.Null(await stream.ReadEventAsync());
    }

    // Not through Caddy, as below.
    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    public async Task A_stopping_server_breaks_the_stream_of_a_fetch(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync();
        ReverseProxy proxy = await StartProxyAsync(kind, app);
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy), asFetch: true);
        await AssertPromptAsync(stream);

        await app.StopAsync().OrTimeout();

        // A busy proxy may lose the last bytes before the break.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await stream.ReadEventAsync() is { } last)
            {
                Assert.Matches("^retry: [0-9]+$", last);
            }
        });
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task A_handler_that_returns_ends_the_stream_cleanly(ProxyKind kind)
    {
        ReverseProxy proxy = await StartProxyAsync(kind, await StartAppAsync());
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));
        await AssertPromptAsync(stream);

        Feed.End();

        Assert.Null(await stream.ReadEventAsync());
    }

    // Not through Caddy: releases until late 2023, Debian 12's among them, give a broken stream a clean end (their issue 5951).
    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    public async Task A_failed_handler_leaves_an_incomplete_stream(ProxyKind kind)
    {
        var failure = new InvalidOperationException("the handler's own fault");
        Logs.ExpectError(record => record.Exception == failure);
        ReverseProxy proxy = await StartProxyAsync(kind, await StartAppAsync());
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));
        await AssertPromptAsync(stream);

        Feed.End(failure);

        await Assert.ThrowsAnyAsync<IOException>(stream.ReadEventAsync);
    }
}
