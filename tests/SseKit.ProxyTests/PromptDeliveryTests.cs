using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.ProxyTests.Infrastructure;

namespace SseKit.ProxyTests;

/// <summary>No proxy delays the events of the server.</summary>
public sealed class PromptDeliveryTests : ProxyTest
{
    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Headers_arrive_before_the_first_event(ProxyKind kind)
    {
        ReverseProxy proxy = await StartProxyAsync(kind, await StartAppAsync());

        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));
        Feed.Send("first");

        Assert.True(stream.Response.IsSuccessStatusCode);
        Assert.Equal(new MediaTypeHeaderValue("text/event-stream", "utf-8"), stream.Response.Content.Headers.ContentType);
        Assert.Equal("data: first", await stream.ReadEventAsync());
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task Events_arrive_one_by_one(ProxyKind kind)
    {
        ReverseProxy proxy = await StartProxyAsync(kind, await StartAppAsync());

        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy));

        await AssertPromptAsync(stream);
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task A_compressing_proxy_does_not_compress_event_streams(ProxyKind kind)
    {
        ReverseProxy proxy = await StartProxyAsync(kind, await StartAppAsync(), new ProxySettings { Compress = true });

        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy), accepted: DecompressionMethods.GZip);

        Assert.Equal(["identity"], stream.Response.Content.Headers.ContentEncoding);
        await AssertPromptAsync(stream);
    }

    [ProxyFact("apache2")]
    public async Task Apache_compresses_despite_the_headers_without_delay()
    {
        ReverseProxy proxy = await StartProxyAsync(ProxyKind.Apache, await StartAppAsync(), new ProxySettings { Compress = true });

        using EventStreamReader stream = await EventStreamReader.OpenAsync(Events(proxy), accepted: DecompressionMethods.GZip);

        // The client removes the encoding that it has decoded. Otherwise this would be the app's "identity".
        Assert.Empty(stream.Response.Content.Headers.ContentEncoding);
        await AssertPromptAsync(stream);
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task A_stream_that_answers_a_post_is_prompt_without_preamble(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync(app => app.MapSse("/chat", ["POST"], Feed.RunAsync));
        ReverseProxy proxy = await StartProxyAsync(kind, app);

        using EventStreamReader stream = await EventStreamReader.OpenAsync(new Uri(proxy.Address, "/chat"), HttpMethod.Post);
        Feed.Send("first");

        Assert.Equal("data: first", await stream.ReadBlockAsync());
        await AssertPromptAsync(stream);
    }

    [Theory]
    [Through(ProxyKind.Nginx)]
    [Through(ProxyKind.Apache)]
    [Through(ProxyKind.HAProxy)]
    [Through(ProxyKind.Caddy)]
    public async Task The_frameworks_result_is_prompt_behind_UseSse(ProxyKind kind)
    {
        KestrelApp app = await StartAppAsync(app =>
        {
            app.UseSse();
            app.MapGet(
                "/result", (CancellationToken cancellationToken) => TypedResults.ServerSentEvents(Feed.ReadAsync(cancellationToken)));
        });
        ReverseProxy proxy = await StartProxyAsync(kind, app, new ProxySettings { Compress = true });

        using EventStreamReader stream = await EventStreamReader.OpenAsync(
            new Uri(proxy.Address, "/result"), accepted: DecompressionMethods.GZip);

        await AssertPromptAsync(stream);
    }

    [Theory]
    [Through(ProxyKind.Nginx, "curl")]
    [Through(ProxyKind.Apache, "curl")]
    [Through(ProxyKind.HAProxy, "curl")]
    [Through(ProxyKind.Caddy, "curl")]
    public async Task Curl_shows_headers_and_events_as_they_arrive(ProxyKind kind)
    {
        ReverseProxy proxy = await StartProxyAsync(kind, await StartAppAsync());

        using CurlClient curl = CurlClient.Open(Events(proxy));
        await curl.ReadToLineAsync("HTTP/1.1 200 OK");
        for (int i = 0; i < 5; i++)
        {
            Feed.Send($"event {i}");
            await curl.ReadToLineAsync($"data: event {i}");
        }

        Feed.End();

        Assert.Equal(0, await curl.ExitCodeAsync());
    }
}
