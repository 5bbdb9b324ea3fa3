using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>
/// A GET stream that SseKit cuts is broken for clients on fetch, some of which take a clean end for the end of the stream. It ends cleanly
/// for an EventSource and all others.
/// </summary>
public sealed class CutTests : ServerTest
{
    private static readonly (string, string) Fetch = ("Sec-Fetch-Mode", "cors");

    [Theory]
    [InlineData("text/event-stream", "no-cache", true)]
    [InlineData("Text/Event-Stream", "no-cache", true)]
    [InlineData("text/event-stream", "no-cache, no-store", true)]
    [InlineData("text/event-stream", null, false)]
    [InlineData("text/event-stream", "max-age=0", false)]
    [InlineData("text/event-stream, text/html, application/json", "no-cache", false)]
    [InlineData("text/html, text/event-stream", "no-cache", false)]
    [InlineData("*/*", "no-cache", false)]
    [InlineData(null, "no-cache", false)]
    public async Task Only_a_fetch_that_is_no_EventSource_is_broken(string? accept, string? cacheControl, bool isEventSource)
    {
        KestrelApp app = await StartAsync(Map, AddSse);
        (string, string)[] headers =
        [
            .. accept is null ? [] : ((string, string)[])[("Accept", accept)],
            .. cacheControl is null ? [] : ((string, string)[])[("Cache-Control", cacheControl)],
        ];
        using StreamingResponse plain = await app.CreateClient().OpenAsync("/", headers);
        using StreamingResponse fetch = await app.CreateClient().OpenAsync("/", [.. headers, Fetch]);
        await plain.ReadUntilAsync("id: 1\n\n");
        await fetch.ReadUntilAsync("id: 1\n\n");

        app.Services.GetRequiredService<ISseConnections>().Disconnect(_ => true, TimeSpan.FromSeconds(5));

        Assert.Matches("^retry: [0-9]+\n$", await plain.ReadToEndAsync());
        Assert.Matches("^retry: [0-9]+\n$", await (isEventSource ? fetch.ReadToEndAsync() : fetch.ReadToBreakAsync()));
    }

    [Theory]
    [InlineData(SseShutdownEnd.Clean, false, true)]
    [InlineData(SseShutdownEnd.Clean, true, true)]
    [InlineData(SseShutdownEnd.Abort, false, false)]
    [InlineData(SseShutdownEnd.Abort, true, false)]
    public async Task The_option_ends_the_streams_of_all_clients_alike(SseShutdownEnd end, bool isFetch, bool isClean)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse(options => options.ShutdownEnd = end));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/", isFetch ? [Fetch] : []);
        await response.ReadUntilAsync("id: 1\n\n");

        // It reads while the app stops: a reset deletes what Windows has received and the client has not read.
        Task<string> reading = isClean ? response.ReadToEndAsync() : response.ReadToBreakAsync();
        await app.StopAsync().OrTimeout();

        Assert.Matches("^retry: [0-9]+\n$", await reading);
    }

    [Fact]
    public async Task A_break_leaves_other_streams_of_an_http2_connection_open()
    {
        KestrelApp app = await StartAsync(Map, AddSse);
        HttpClient client = app.CreateHttp2Client();
        using StreamingResponse cut = await client.OpenAsync("/", Fetch);
        await cut.ReadUntilAsync("id: 1\n\n");
        using StreamingResponse follows = await client.OpenAsync("/follow");
        await follows.ReadUntilAsync("\n\n");

        Assert.Equal(1, app.Services.GetRequiredService<ISseConnections>().Disconnect(stream => stream.Route == "/"));
        await cut.ReadToBreakAsync();
        await app.Services.GetRequiredService<ISsePublisher>().PublishAsync("topic", "still open");

        Assert.Contains("still open", await follows.ReadUntilAsync("\n\n"), StringComparison.Ordinal);
    }

    private static void AddSse(WebApplicationBuilder builder) => builder.Services.AddSse();

    private static void Map(WebApplication app)
    {
        app.MapSse("/", async (SseEventWriter events, CancellationToken cancellationToken) =>
        {
            await events.WriteAsync(new SseItem<string>("one") { EventId = "1" }, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });
        app.MapSse("/follow", () => SseResults.Follow("topic"));
    }
}
