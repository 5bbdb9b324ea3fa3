using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class ReplayEncodingTests : ReplayTest
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    public async Task A_compressed_response_reaches_its_client_unchanged(string encoding)
    {
        // A proxy, for example, passes on what its upstream has compressed.
        await StartReplayAppAsync(endpoints: app => app.MapGet("/compressed", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.ContentEncoding = encoding;
            await using var compressed = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await compressed.WriteAsync("data: one\n\n"u8.ToArray());
        }).WithSseReplay(Topic));
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip })
        {
            BaseAddress = App.BaseAddress,
        };

        string body = await client.GetStringAsync("/compressed");
        await RunIsOverAsync();

        Assert.Equal("data: one\n\n", body);
        Assert.True((await StateAsync()).IsUnused);
    }

    [Fact]
    public async Task A_stream_that_names_the_identity_encoding_is_recorded()
    {
        await StartReplayAppAsync(endpoints: app => app.MapGet("/plain", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.ContentEncoding = "Identity";
            await context.Response.WriteAsync("data: one\n\n");
        }).WithSseReplay(Topic));

        StreamClient client = await StreamClient.OpenAsync(Client, "/plain");

        Assert.Equal(["one"], await client.ReadToEndAsync());
    }
}
