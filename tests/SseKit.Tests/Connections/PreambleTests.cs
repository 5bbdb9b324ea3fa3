using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>The bytes between the headers and the first event: the time until the client reconnects.</summary>
public sealed partial class PreambleTests : ServerTest
{
    private const int Clients = 60;

    [Theory]
    [InlineData("/handler")]
    [InlineData("/framework")]
    [InlineData("/follow")]
    [InlineData("/plain")]
    public async Task Sixty_clients_get_different_retries_around_the_default(string path)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse());
        HttpClient client = app.CreateHttp2Client();

        StreamingResponse[] streams = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => client.OpenAsync(path)));
        int[] retries = [.. (await Task.WhenAll(streams.Select(stream => stream.ReadPreambleAsync()))).Select(RetryOf)];
        Array.ForEach(streams, stream => stream.Dispose());

        Assert.All(retries, retry => Assert.InRange(retry, 1500, 4500));
        Assert.True(retries.Distinct().Count() > Clients / 2, string.Join(' ', retries));
        Assert.True(retries.Max() - retries.Min() > 1000, string.Join(' ', retries));
    }

    [Fact]
    public async Task A_client_admitted_after_a_refusal_gets_the_short_retry()
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse(options => options.MaxConnections = 1));
        StreamingResponse first = await app.CreateClient().OpenAsync("/handler");
        await first.ReadPreambleAsync();

        using StreamingResponse refused = await app.CreateClient().OpenAsync("/handler", ("Accept", "text/event-stream"));
        int whenRefused = RetryOf(await refused.ReadToEndAsync());
        first.Dispose();
        StreamingResponse admitted = await AdmittedAsync(app);
        int whenAdmitted = RetryOf(await admitted.ReadPreambleAsync());
        admitted.Dispose();

        Assert.InRange(whenRefused, 15_000, 45_000);
        Assert.InRange(whenAdmitted, 1500, 4500);
    }

    [Theory]
    [InlineData("/handler")]
    [InlineData("/framework")]
    [InlineData("/follow")]
    public async Task Streams_that_answer_a_post_have_none(string path)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse());
        using StreamingResponse response = await app.CreateClient().OpenAsync(HttpMethod.Post, path + "/once");

        Assert.DoesNotContain("retry", await response.ReadUntilAsync("\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_does_not_store_the_retry_of_its_request()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse(
                    "/run", (SseEventWriter events, CancellationToken ct) => events.WriteAsync("1", ct).AsTask()).WithSseReplay("run");
                app.MapGet("/framework-run", () => TypedResults.ServerSentEvents(Once())).WithSseReplay("framework-run");
            },
            builder => builder.Services.AddSse());

        string[] bodies = [await app.CreateClient().GetStringAsync("/run"), await app.CreateClient().GetStringAsync("/framework-run")];

        Assert.All(bodies, body => Assert.Single(Retry().Matches(body)));
    }

    [Fact]
    public async Task SseKit_writes_no_empty_block()
    {
        KestrelApp app = await StartAsync(
            Map, builder => builder.Services.AddSse(options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(10)));

        foreach (string path in (string[])["/handler", "/framework", "/follow", "/plain", "/by-hand"])
        {
            using StreamingResponse response = await app.CreateClient().OpenAsync(path);
            string silence = await response.ReadUntilAsync(":\n") + await response.ReadUntilAsync(":\n");
            Task stopping = path == "/by-hand" ? app.StopAsync() : Task.CompletedTask;
            string end = path == "/by-hand" ? await response.ReadToEndAsync() : "";
            await stopping;

            Assert.All((silence + end).Split("\n\n")[..^1], block => Assert.Contains("data:", block, StringComparison.Ordinal));
        }
    }

    private static void Map(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/handler", (events, ct) => Task.Delay(Timeout.Infinite, ct));
        app.MapGet("/framework", () => TypedResults.ServerSentEvents(Never()));
        app.MapSse("/follow", () => SseResults.Follow("topic"));
        app.MapSse("/plain", () => SseResults.Follow(["topic"], new SseFollowOptions { Format = SseFollowFormat.Plain }));
        app.MapGet("/by-hand", async (HttpContext context, CancellationToken ct) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\r\r", ct);
            await Task.Delay(Timeout.Infinite, ct);
        });
        app.MapSse("/handler/once", ["POST"], (SseEventWriter events, CancellationToken ct) => events.WriteAsync("1", ct).AsTask());
        app.MapPost("/framework/once", () => TypedResults.ServerSentEvents(Once()));
        app.MapSse("/follow/once", ["POST"], () => SseResults.Follow("topic"));
    }

    private static async Task<StreamingResponse> AdmittedAsync(KestrelApp app)
    {
        while (true)
        {
            StreamingResponse response = await app.CreateClient().OpenAsync("/handler");
            if (response.Status == System.Net.HttpStatusCode.OK)
            {
                return response;
            }

            response.Dispose();
        }
    }

    private static async IAsyncEnumerable<string> Never(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.Delay(Timeout.Infinite, ct);
        yield break;
    }

    private static async IAsyncEnumerable<string> Once()
    {
        await Task.Yield();
        yield return "1";
    }

    private static int RetryOf(string line) => int.Parse(Retry().Match(line).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("retry: ([0-9]+)\n")]
    private static partial Regex Retry();
}
