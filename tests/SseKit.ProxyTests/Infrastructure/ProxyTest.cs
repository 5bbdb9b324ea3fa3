using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.ProxyTests.Infrastructure;

/// <summary>A test with a stream at <c>/events</c> that sends the events of <see cref="Feed"/>, read through a proxy.</summary>
public abstract class ProxyTest : ServerTest
{
    /// <summary>Short, so that tests which wait for heartbeats are fast. No test measures it.</summary>
    protected static readonly TimeSpan ShortHeartbeat = TimeSpan.FromMilliseconds(100);

    private readonly List<ReverseProxy> _proxies = [];

    protected EventFeed Feed { get; } = new();

    public override async Task DisposeAsync()
    {
        foreach (ReverseProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected Task<KestrelApp> StartAppAsync(Action<SseOptions>? options = null) =>
        StartAppAsync(app => app.MapSse("/events", Feed.RunAsync), options);

    /// <summary>Starts an app without heartbeats, unless the test sets them: they would hide delayed bytes.</summary>
    protected Task<KestrelApp> StartAppAsync(Action<WebApplication> endpoints, Action<SseOptions>? options = null)
    {
        return StartAsync(endpoints, builder => builder.Services.AddSse(sse =>
        {
            sse.HeartbeatInterval = Timeout.InfiniteTimeSpan;
            options?.Invoke(sse);
        }));
    }

    protected async Task<ReverseProxy> StartProxyAsync(ProxyKind kind, KestrelApp app, ProxySettings? settings = null)
    {
        ReverseProxy proxy = await ReverseProxy.StartAsync(kind, app.BaseAddress, settings ?? new ProxySettings());
        _proxies.Add(proxy);
        return proxy;
    }

    protected static Uri Events(ReverseProxy proxy) => new(proxy.Address, "/events");

    /// <summary>
    /// Sends each event after the client has received the one before it, so that a proxy which delays one fails the test.
    /// </summary>
    protected async Task AssertPromptAsync(EventStreamReader stream)
    {
        for (int i = 0; i < 5; i++)
        {
            Feed.Send($"event {i}");
            Assert.Equal($"data: event {i}", await stream.ReadEventAsync());
        }
    }
}
