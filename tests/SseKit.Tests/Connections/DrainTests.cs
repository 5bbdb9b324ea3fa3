using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>A stopping host lets answers to POST requests finish, for a time.</summary>
public sealed class DrainTests : ServerTest
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly Signal _entered = new();
    private readonly Signal _mayEnd = new();
    private readonly Signal _cancelled = new();

    [Theory]
    [InlineData("/answer", 1)]
    [InlineData("/answer", 2)]
    [InlineData("/late", 1)]
    [InlineData("/late", 2)]
    [InlineData("/run", 1)]
    public async Task An_answer_to_a_post_request_finishes(string path, int httpVersion)
    {
        KestrelApp app = await StartAppAsync();
        HttpClient client = httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client();
        Task<string> reading = PostAsync(client, path);
        await _entered.WaitAsync();

        Task stopping = app.StopAsync();
        await StoppingAsync(app);
        _mayEnd.Set();

        Assert.EndsWith("data: 1\n\ndata: 2\n\n", await reading, StringComparison.Ordinal);
        await stopping.WaitAsync(Soon);
        Assert.False(_cancelled.IsSet);
    }

    [Theory]
    [InlineData("/answer")]
    [InlineData("/deaf")]
    public async Task What_is_left_at_the_end_of_the_time_is_broken_off(string path)
    {
        KestrelApp app = await StartAppAsync(TimeSpan.FromMilliseconds(300));
        using StreamingResponse response = await app.CreateClient().OpenAsync(HttpMethod.Post, path);
        await response.ReadUntilAsync("data: 1\n\n");

        await app.StopAsync().WaitAsync(Soon);

        Assert.Equal("", await response.ReadToBreakAsync());
        await _cancelled.WaitAsync();
        _mayEnd.Set();
    }

    [Fact]
    public async Task A_new_request_is_refused_while_others_drain()
    {
        KestrelApp app = await StartAppAsync();
        RawConnection late = await app.ConnectAsync();
        await late.SendAsync("POST /answer HTTP/1.1\r\nHost: a\r\n");
        Task<string> reading = PostAsync(app.CreateClient(), "/answer");
        await _entered.WaitAsync();
        Task stopping = app.StopAsync();
        await StoppingAsync(app);

        await late.SendAsync("Content-Length: 0\r\nConnection: close\r\n\r\n");
        string head = await late.ReadHeadAsync();
        _mayEnd.Set();

        Assert.StartsWith("HTTP/1.1 503", head, StringComparison.Ordinal);
        Assert.EndsWith("data: 2\n\n", await reading, StringComparison.Ordinal);
        await stopping.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_get_stream_ends_while_an_answer_drains()
    {
        KestrelApp app = await StartAppAsync();
        using StreamingResponse feed = await app.CreateClient().OpenAsync("/feed");
        Task<string> reading = PostAsync(app.CreateClient(), "/answer");
        await _entered.WaitAsync();

        Task stopping = app.StopAsync();
        string rest = await feed.ReadToEndAsync();
        bool stillDrains = !reading.IsCompleted;
        _mayEnd.Set();

        Assert.EndsWith("\n", rest, StringComparison.Ordinal);
        Assert.True(stillDrains);
        await reading;
        await stopping.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_get_stream_is_aborted_if_the_endpoint_says_so()
    {
        KestrelApp app = await StartAppAsync();
        using StreamingResponse feed = await app.CreateClient().OpenAsync("/abort");

        Task stopping = app.StopAsync();

        Assert.Matches("retry: [0-9]+\n$", await feed.ReadToBreakAsync());
        await stopping.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_handler_that_works_on_after_its_response_may_finish()
    {
        var saved = new Signal();
        KestrelApp app = await StartAppAsync(endpoints: app => app.MapSse(
            "/saves", ["POST"], async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("1", cancellationToken);
                await context.Response.CompleteAsync();
                await WaitAsync(cancellationToken);
                saved.Set();
            }));
        await PostAsync(app.CreateClient(), "/saves");
        await _entered.WaitAsync();

        Task stopping = app.StopAsync();
        await Logs.WaitForAsync(record => record.Id.Id == LogEventIds.Stopping);
        await Task.Delay(StreamRuntime.ShutdownGrace + TimeSpan.FromSeconds(0.5), TimeProvider.System);
        bool isCancelled = _cancelled.IsSet;
        _mayEnd.Set();

        await saved.WaitAsync();
        await stopping.WaitAsync(Soon);
        Assert.False(isCancelled);
        Assert.DoesNotContain(Logs.Records, record => record.Id.Id == LogEventIds.HandlerAbandoned);
    }

    [Fact]
    public async Task A_shorter_time_of_the_endpoint_counts()
    {
        KestrelApp app = await StartAppAsync(endpoints: app => app.MapSse(
            "/short", ["POST"], async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("1", CancellationToken.None);
                await _mayEnd.WaitAsync(CancellationToken.None);
            }).WithSseOptions(options => options.DrainTimeout = TimeSpan.FromSeconds(0.5)));
        using StreamingResponse response = await app.CreateClient().OpenAsync(HttpMethod.Post, "/short");
        await response.ReadUntilAsync("data: 1\n\n");

        await app.StopAsync().WaitAsync(Soon);

        Assert.Equal("", await response.ReadToBreakAsync());
        _mayEnd.Set();
    }

    [Theory]
    [InlineData(-0.001, 3600)]
    [InlineData(30, 27)]
    [InlineData(4, 2)]
    [InlineData(0, 0)]
    public async Task The_default_leaves_time_before_the_hosts_timeout(double hostSeconds, int expectedSeconds)
    {
        KestrelApp app = await StartAppAsync(shutdown: TimeSpan.FromSeconds(hostSeconds));

        TimeSpan drain = app.Services.GetRequiredService<StreamRuntime>().DefaultDrainTimeout;

        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds), drain);
    }

    private static async Task<string> PostAsync(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        using HttpResponseMessage response = await client.SendAsync(request).OrTimeout();
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    private static Task StoppingAsync(KestrelApp app)
    {
        var stopping = new Signal();
        app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.Set);
        return stopping.WaitAsync();
    }

    private Task<KestrelApp> StartAppAsync(
        TimeSpan? drain = null, TimeSpan? shutdown = null, Action<WebApplication>? endpoints = null) => StartAsync(
        app =>
        {
            app.UseSse();
            endpoints?.Invoke(app);
            app.MapSse("/answer", ["POST"], async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("1", cancellationToken);
                await WaitAsync(cancellationToken);
                await events.WriteAsync("2", cancellationToken);
            });

            // As an MCP server does: nothing is written until the tool has its result.
            app.MapPost("/late", async (HttpContext context) =>
            {
                await WaitAsync(context.RequestAborted);
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\ndata: 2\n\n", context.RequestAborted);
            });
            app.MapSse("/run", ["POST"], async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("1", cancellationToken);
                await WaitAsync(cancellationToken);
                await events.WriteAsync("2", cancellationToken);
            }).WithSseReplay("run", replay => replay.Format = SseFollowFormat.Plain);
            app.MapSse("/deaf", ["POST"], async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("1", CancellationToken.None);
                cancellationToken.Register(_cancelled.Set);
                await _mayEnd.WaitAsync(CancellationToken.None);
            });
            app.MapSse("/feed", (SseEventWriter _, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
            app.MapSse("/abort", (SseEventWriter _, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct))
                .WithSseOptions(options => options.ShutdownEnd = SseShutdownEnd.Abort);
        },
        builder =>
        {
            builder.Services.AddSse(options => options.DrainTimeout = drain);
            builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdown ?? TimeSpan.FromSeconds(30));
        });

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.Register(_cancelled.Set);
        _entered.Set();
        await _mayEnd.WaitAsync(cancellationToken);
    }
}
