using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>Middleware of the framework that would break a stream, with the policies that cause it.</summary>
public sealed class OptOutTests : ServerTest
{
    [Theory]
    [InlineData("/mapsse")]
    [InlineData("/typed")]
    [InlineData("/plain")]
    public async Task A_default_request_timeout_does_not_cut_a_stream(string path)
    {
        var timedOut = new Signal();
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseRequestTimeouts();
                MapEverywhere(app, async (events, ct) =>
                {
                    await timedOut.WaitAsync(ct);
                    await events.WriteAsync("still here", ct);
                });
                app.MapGet("/ordinary", async (CancellationToken ct) =>
                {
                    try
                    {
                        await Task.Delay(Timeout.Infinite, ct);
                    }
                    finally
                    {
                        timedOut.Set();
                    }
                });
            },
            builder => builder.Services.AddRequestTimeouts(options =>
                options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = TimeSpan.FromMilliseconds(50) }));
        using StreamingResponse stream = await app.CreateClient().OpenAsync(path);

        using HttpResponseMessage ordinary = await app.CreateClient().GetAsync("/ordinary");

        Assert.Equal(HttpStatusCode.GatewayTimeout, ordinary.StatusCode);
        Assert.Equal("data: still here\n\n", (await stream.ReadToEndAsync()).AfterPreamble());
    }

    [Theory]
    [InlineData("/mapsse")]
    [InlineData("/typed")]
    [InlineData("/plain")]
    public async Task An_output_cache_does_not_cache_or_serialize_streams(string path)
    {
        int runs = 0;
        var mayEnd = new Signal();
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseOutputCache();
                MapEverywhere(app, async (events, ct) =>
                {
                    await events.WriteAsync(Interlocked.Increment(ref runs), ct);
                    await mayEnd.WaitAsync(ct);
                });
            },
            builder => builder.Services.AddOutputCache(
                options => options.AddBasePolicy(policy => policy.Cache().Expire(TimeSpan.FromHours(1)))));
        HttpClient client = app.CreateClient();

        using StreamingResponse first = await client.OpenAsync(path);
        using StreamingResponse second = await client.OpenAsync(path);
        string[] events = [await first.ReadUntilAsync("\ndata: 1\n\n"), await second.ReadUntilAsync("\ndata: 2\n\n")];
        mayEnd.Set();
        await first.ReadToEndAsync();
        await second.ReadToEndAsync();
        using StreamingResponse third = await client.OpenAsync(path);

        Assert.Equal("data: 3\n\n", (await third.ReadToEndAsync()).AfterPreamble());
        Assert.False(third.Headers.ContainsKey("Age"));
    }

    [Theory]
    [InlineData("/mapsse")]
    [InlineData("/typed")]
    [InlineData("/plain")]
    public async Task Response_compression_neither_compresses_nor_delays_a_stream(string path)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseResponseCompression();
                MapEverywhere(app, async (events, ct) =>
                {
                    await events.WriteAsync("tick", ct);
                    await Task.Delay(Timeout.Infinite, ct);
                });
            },
            builder => builder.Services.AddResponseCompression(options =>
                options.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "text/event-stream"]));

        using StreamingResponse response = await app.CreateClient().OpenAsync(path, ("Accept-Encoding", "gzip, br"));

        Assert.Equal("identity", response.Headers["Content-Encoding"]);
        Assert.Equal("data: tick\n\n", (await response.ReadUntilAsync("tick\n\n")).AfterPreamble());
    }

    [Theory]
    [InlineData("/mapsse")]
    [InlineData("/typed")]
    [InlineData("/plain")]
    public async Task The_histogram_of_request_durations_excludes_streams(string path)
    {
        KestrelApp app = await StartAsync(app =>
        {
            MapEverywhere(app, (events, ct) => Task.CompletedTask);
            app.MapGet("/ordinary", () => "text");
        });
        using var durations = new MeterReadings(app.Services, "Microsoft.AspNetCore.Hosting");

        using (StreamingResponse stream = await app.CreateClient().OpenAsync(path))
        {
            await stream.ReadToEndAsync();
        }

        await app.CreateClient().GetStringAsync("/ordinary");

        // The ordinary request is second, so the stream would have been recorded before it.
        MeterReading reading = await durations.WaitForAsync("http.server.request.duration", _ => true);
        Assert.Equal("/ordinary", reading.Tags["http.route"]);
        Assert.Single(durations.Of("http.server.request.duration"));
    }

    private static void MapEverywhere(WebApplication app, Func<SseEventWriter, CancellationToken, Task> handler)
    {
        app.MapSse("/mapsse", (string? word, SseEventWriter events, CancellationToken ct) => handler(events, ct));
        app.MapSse("/typed", handler);
        app.MapGet("/plain", (SseEventWriter events, CancellationToken ct) => handler(events, ct));
    }
}
