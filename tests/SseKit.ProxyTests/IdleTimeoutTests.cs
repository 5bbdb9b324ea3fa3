using System.Diagnostics;
using SseKit.ProxyTests.Infrastructure;

namespace SseKit.ProxyTests;

/// <summary>A proxy cuts what is silent for too long. These tests take their time: the silence has to outlast a real timeout.</summary>
public sealed class IdleTimeoutTests : ProxyTest
{
    private static readonly ProxySettings ShortTimeout = new() { IdleTimeout = 2 };

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Without_heartbeats_the_proxy_cuts_a_silent_stream(ProxyKind kind)
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
    public async Task Heartbeats_carry_a_silent_stream_past_the_timeout(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync(options => options.HeartbeatInterval = ShortHeartbeat);
        ReverseProxy proxy = await StartProxyAsync(kind, app, ShortTimeout);
        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));

        var silence = Stopwatch.StartNew();
        while (silence.Elapsed < TimeSpan.FromSeconds(3))
        {
            await stream.ReadHeartbeatsAsync(count: 1);
        }

        Feed.Send("still here");

        Assert.Equal("data: still here", await stream.ReadEventAsync());
    }
}
