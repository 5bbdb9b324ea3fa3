using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.ProxyTests.Infrastructure;

/// <summary>A test with a stream at <c>/events</c> that says what <see cref="Feed"/> is told, seen through a proxy.</summary>
public abstract class ProxyTest : ServerTest
{
    /// <summary>Short, so that tests which wait for heartbeats are soon through. Nothing measures it.</summary>
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

    /// <summary>Starts an app without heartbeats, unless the test wants them: they would hide bytes that were held back.</summary>
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

    /// <summary>Sends the next event only when the client has the one before it: a proxy that holds one back holds the test up.</summary>
    protected async Task AssertPromptAsync(EventStreamReader stream)
    {
        for (int i = 0; i < 5; i++)
        {
            Feed.Send($"event {i}");
            Assert.Equal($"data: event {i}", await stream.ReadEventAsync());
        }
    }
}
