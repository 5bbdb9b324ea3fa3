using System.Diagnostics;
using SseKit.ProxyTests.Infrastructure;

namespace SseKit.ProxyTests;

/// <summary>A proxy closes idle streams. These tests are slow, because the stream must be idle for longer than a real timeout.</summary>
public sealed class IdleTimeoutTests : ProxyTest
{
    private static readonly ProxySettings ShortTimeout = new() { IdleTimeout = 2 };

    // On a busy machine a heartbeat can be late by seconds.
    private static readonly ProxySettings LongerTimeout = new() { IdleTimeout = 5 };

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Without_heartbeats_the_proxy_closes_an_idle_stream(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync();
        ReverseProxy proxy = await StartProxyAsync(kind, app, ShortTimeout);
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));

        Exception? cut = await Record.ExceptionAsync(async () => Assert.Null(await stream.ReadEventAsync()));

        Assert.True(cut is null or IOException, $"The stream was not cut: {cut}");
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Heartbeats_keep_an_idle_stream_open(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync(options => options.HeartbeatInterval = ShortHeartbeat);
        ReverseProxy proxy = await StartProxyAsync(kind, app, LongerTimeout);
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));

        var silence = Stopwatch.StartNew();
        while (silence.Elapsed < TimeSpan.FromSeconds(6))
        {
            await stream.ReadHeartbeatsAsync(count: 1);
        }

        Feed.Send("still here");

        Assert.Equal("data: still here", await stream.ReadEventAsync());
    }
}
