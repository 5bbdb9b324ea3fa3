using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class ShutdownTests : ServerTest
{
    // Far below the host's own timeout, at which it would stop if one stream delayed it.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly Signal _ordinaryRuns = new();
    private readonly Signal _ordinaryMayEnd = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Streams_end_cleanly_with_a_retry_when_the_host_stops(int httpVersion)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/silent", Silent), WithLongShutdownTimeout);
        HttpClient client = Client(app, httpVersion);
        StreamingResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.OpenAsync("/silent")));

        await app.StopAsync().WaitAsync(Soon);
        string[] bodies = await Task.WhenAll(responses.Select(response => response.ReadToEndAsync()));

        int[] retries = [.. bodies.Select(RetryOf)];
        Assert.All(retries, retry => Assert.InRange(retry, 1000, 3000));
        Assert.True(retries.Distinct().Count() > 1, "The clients would all come back at once.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_post_stream_that_may_not_drain_is_aborted(int httpVersion)
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/answer", ["POST"], WriteThenWait).WithSseOptions(options => options.DrainTimeout = TimeSpan.Zero),
            WithLongShutdownTimeout);
        using StreamingResponse response = await Client(app, httpVersion).OpenAsync(HttpMethod.Post, "/answer");
        await response.ReadUntilAsync("one\n\n");

        await app.StopAsync().WaitAsync(Soon);

        Assert.Equal("", await response.ReadToBreakAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_handler_without_token_does_not_delay_the_host(int httpVersion)
    {
        var neverSet = new Signal();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/deaf", async (events, ct) =>
            {
                await events.WriteAsync("one", ct);
                await neverSet.WaitAsync(CancellationToken.None);
            }),
            WithLongShutdownTimeout);
        using StreamingResponse response = await Client(app, httpVersion).OpenAsync("/deaf");
        await response.ReadUntilAsync("one\n\n");

        await app.StopAsync().WaitAsync(Soon);

        Assert.InRange(RetryOf(await response.ReadToEndAsync()), 1000, 3000);
        Assert.Contains(
            Logs.Records, record => record.Level == LogLevel.Warning && record.Message.Contains("/deaf", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/silent")]
    [InlineData("/values")]
    [InlineData("/follow")]
    [InlineData("/framework")]
    [InlineData("/complete")]
    [InlineData("/silent", true)]
    public async Task A_client_without_window_does_not_delay_the_host(string path, bool post = false)
    {
        KestrelApp app = await StartAsync(MapForHttp2, WithSseAndLongShutdownTimeout);
        using var readings = new MeterReadings(app.Services, "SseKit");
        using Http2WithoutWindow client = await Http2WithoutWindow.SendAsync(app.Http2BaseAddress, path, post);
        await readings.WaitForAsync("ssekit.active_connections", _ => true);

        await app.StopAsync().WaitAsync(Soon);

        Assert.Equal(0, readings.Sum("ssekit.active_connections"));
    }

    [Fact]
    public async Task An_ordinary_request_can_finish_when_the_host_stops()
    {
        KestrelApp app = await StartAsync(MapForHttp2, WithSseAndLongShutdownTimeout);
        using Http2WithoutWindow withoutWindow = await Http2WithoutWindow.SendAsync(app.Http2BaseAddress, "/silent");
        HttpClient client = app.CreateHttp2Client();
        using StreamingResponse stream = await client.OpenAsync("/silent");
        Task<string> ordinary = client.GetStringAsync("/ordinary");
        await _ordinaryRuns.WaitAsync();

        Task stopping = app.StopAsync();
        await withoutWindow.ClosedAsync();
        await stream.ReadToEndAsync();
        Assert.False(ordinary.IsCompleted);
        _ordinaryMayEnd.Set();

        Assert.Equal("done", await ordinary.OrTimeout());
        await stopping.WaitAsync(Soon);
    }

    [Fact]
    public async Task An_iterator_without_token_does_not_delay_the_host()
    {
        var maySpeak = new Signal();
        var disposed = new Signal();
        KestrelApp app = await StartAsync(app => app.MapSse("/deaf", () => Deaf(maySpeak, disposed)), WithLongShutdownTimeout);
        using StreamingResponse response = await app.CreateClient().OpenAsync("/deaf");

        await app.StopAsync().WaitAsync(Soon);
        Assert.InRange(RetryOf(await response.ReadToEndAsync()), 1000, 3000);
        Assert.False(disposed.IsSet);
        maySpeak.Set();

        await disposed.WaitAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Iterators_are_disposed_before_the_host_has_stopped(int httpVersion)
    {
        var disposed = new Signal();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/numbers", (CancellationToken ct) => Numbers(disposed, ct)), WithLongShutdownTimeout);
        using StreamingResponse response = await Client(app, httpVersion).OpenAsync("/numbers");
        await response.ReadUntilAsync("data: 1\n\n");

        await app.StopAsync().WaitAsync(Soon);

        Assert.True(disposed.IsSet);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_stuck_client_does_not_delay_the_host(int httpVersion)
    {
        var stuck = new Signal();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/flood", (events, ct) => FloodAsync(events, stuck, ct)),
            WithLongShutdownTimeout);
        using StreamingResponse response = await Client(app, httpVersion).OpenAsync("/flood");
        await stuck.WaitAsync();

        await app.StopAsync().WaitAsync(Soon);
    }

    [Fact]
    public async Task A_slow_client_gets_the_clean_end()
    {
        var stuck = new Signal();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/flood", (events, ct) => FloodAsync(events, stuck, ct)), WithLongShutdownTimeout);
        using StreamingResponse response = await app.CreateClient().OpenAsync("/flood");
        await stuck.WaitAsync();

        Task stopping = app.StopAsync();
        string body = await response.ReadToEndAsync();
        await stopping.WaitAsync(Soon);

        Assert.InRange(RetryOf(body), 1000, 3000);
    }

    [Theory]
    [InlineData("/behind-a-filter")]
    [InlineData("/with-a-result")]
    public async Task A_stop_before_the_first_write_ends_with_a_retry(string path)
    {
        var waiting = new Signal();
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapGet("/behind-a-filter", (SseEventWriter events, CancellationToken ct) => WaitAsync(ct))
                    .AddEndpointFilter((context, next) => next(context));
                app.MapSse("/with-a-result", async Task<IResult> (SseEventWriter events, string? word, CancellationToken ct) =>
                {
                    await WaitAsync(ct);
                    return Results.Empty;
                });
            },
            WithLongShutdownTimeout);
        Task<StreamingResponse> opening = app.CreateClient().OpenAsync(path, ("Accept", "text/event-stream"));
        await waiting.WaitAsync();

        await app.StopAsync().WaitAsync(Soon);
        using StreamingResponse response = await opening;

        Assert.Equal((HttpStatusCode.OK, "text/event-stream; charset=utf-8"), (response.Status, response.Headers["Content-Type"]));
        Assert.InRange(RetryOf(await response.ReadToEndAsync()), 1000, 3000);

        Task WaitAsync(CancellationToken ct)
        {
            waiting.Set();
            return Task.Delay(Timeout.Infinite, ct);
        }
    }

    [Fact]
    public async Task A_request_during_the_stop_gets_a_retry()
    {
        var stopping = new Signal();
        var mayStop = new Signal();
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapGet("/slow", async () =>
                {
                    stopping.Set();
                    await mayStop.WaitAsync(CancellationToken.None);
                });
                app.MapSse("/silent", Silent);
            },
            WithLongShutdownTimeout);
        RawConnection late = await app.ConnectAsync();
        Task<HttpResponseMessage> slow = app.CreateClient().GetAsync("/slow");
        await stopping.WaitAsync();
        await late.SendAsync("GET /silent HTTP/1.0\r\n");
        await Logs.WaitForAsync(record => record.Message.Contains("accepted", StringComparison.Ordinal));

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await late.SendAsync("Accept: text/event-stream\r\n\r\n");
        string head = await late.ReadHeadAsync();
        string body = await late.ReadToEndAsync();
        mayStop.Set();
        (await slow).Dispose();

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("Content-Type: text/event-stream; charset=utf-8\r\n", head);
        Assert.InRange(RetryOf(body), 1000, 3000);
    }

    private static void WithLongShutdownTimeout(WebApplicationBuilder builder) =>
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));

    private static HttpClient Client(KestrelApp app, int httpVersion) => httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client();

    private static Task Silent(SseEventWriter events, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.Infinite, cancellationToken);

    private static async Task FloodAsync(SseEventWriter events, Signal stuck, CancellationToken cancellationToken)
    {
        string chunk = new('x', 100_000);
        while (true)
        {
            Task writing = events.WriteAsync(chunk, cancellationToken).AsTask();
            if (await Task.WhenAny(writing, Task.Delay(200, CancellationToken.None)) != writing)
            {
                stuck.Set();
            }

            await writing;
        }
    }

    private static async Task WriteThenWait(SseEventWriter events, CancellationToken cancellationToken)
    {
        await events.WriteAsync("one", cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private static async IAsyncEnumerable<int> Numbers(Signal disposed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            disposed.Set();
        }
    }

    private static async IAsyncEnumerable<int> Deaf(Signal maySpeak, Signal disposed)
    {
        try
        {
            await maySpeak.WaitAsync(CancellationToken.None);
            yield return 1;
        }
        finally
        {
            disposed.Set();
        }
    }

    private static int RetryOf(string body) => int.Parse(
        Regex.Match(body, @"retry: (\d+)\n\z").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static void WithSseAndLongShutdownTimeout(WebApplicationBuilder builder)
    {
        WithLongShutdownTimeout(builder);

        // A POST stream that never ends would drain.
        builder.Services.AddSse(options => options.DrainTimeout = TimeSpan.Zero);
    }

    private void MapForHttp2(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/silent", ["GET", "POST"], Silent);
        app.MapSse("/values", (CancellationToken ct) => Nothing(ct));
        app.MapSse("/follow", () => SseResults.Follow("topic"));
        app.MapSse("/complete", (events, ct) => events.WriteAsync("one", ct).AsTask());
        app.MapGet("/framework", (CancellationToken ct) => TypedResults.ServerSentEvents(Nothing(ct)));
        app.MapGet("/ordinary", async () =>
        {
            _ordinaryRuns.Set();
            await _ordinaryMayEnd.WaitAsync();
            return "done";
        });
    }

    private static async IAsyncEnumerable<string> Nothing([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
