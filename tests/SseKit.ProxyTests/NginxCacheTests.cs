using Microsoft.AspNetCore.Builder;
using SseKit.ProxyTests.Infrastructure;

namespace SseKit.ProxyTests;

public sealed class NginxCacheTests : ProxyTest
{
    [ProxyFact("nginx")]
    public async Task A_proxy_cache_never_serves_one_clients_stream_to_another()
    {
        int streams = 0;
        int pages = 0;
        KestrelApp app = await StartAppAsync(app =>
        {
            app.MapSse("/events", async (SseEventWriter events, CancellationToken cancellationToken) =>
                await events.WriteAsync($"for client {++streams}", cancellationToken));
            app.MapGet("/page", () => $"page {++pages}");
        });
        ReverseProxy proxy = await StartProxyAsync(ProxyKind.Nginx, app, new ProxySettings { Cache = true });
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = proxy.Address };

        string[] events = [await client.GetStringAsync("/events"), await client.GetStringAsync("/events")];
        string[] cached = [await client.GetStringAsync("/page"), await client.GetStringAsync("/page")];

        Assert.EndsWith("\ndata: for client 1\n\n", events[0], StringComparison.Ordinal);
        Assert.EndsWith("\ndata: for client 2\n\n", events[1], StringComparison.Ordinal);
        Assert.Equal(["page 1", "page 1"], cached);
    }
}
