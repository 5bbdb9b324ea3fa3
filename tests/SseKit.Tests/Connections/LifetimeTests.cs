using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class LifetimeTests : ServerTest
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(100);

    private readonly ManualTimeProvider _time = new();
    private readonly Signal _open = new();
    private readonly Signal _tokenFired = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_get_ends_cleanly_at_its_lifetime(int httpVersion)
    {
        KestrelApp app = await StartWithLifetimeAsync(app => app.MapSse("/", WaitAsync));
        using var readings = new MeterReadings(app.Services, "SseKit");
        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/");
        await _open.WaitAsync();

        _time.Advance(Lifetime);
        string body = await response.ReadToEndAsync();
        await _tokenFired.WaitAsync();
        MeterReading ended = await readings.WaitForAsync("ssekit.connection.duration", _ => true);

        Assert.Equal("", body.AfterPreamble());
        Assert.Equal("lifetime", ended.Tags["ssekit.end_reason"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_post_stream_is_aborted_at_its_lifetime(int httpVersion)
    {
        KestrelApp app = await StartWithLifetimeAsync(app => app.MapSse("/", ["POST"], WaitAsync));
        using StreamingResponse response =
            await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync(HttpMethod.Post, "/");
        await _open.WaitAsync();

        _time.Advance(Lifetime);

        Assert.Equal("", await response.ReadToBreakAsync());
    }

    [Fact]
    public async Task Lifetimes_end_at_different_times_from_90_to_100_percent()
    {
        const int Streams = 30;
        var connections = new List<StreamConnection>();
        KestrelApp app = await StartWithLifetimeAsync(app => app.MapSse("/", (context, events, ct) =>
        {
            lock (connections)
            {
                connections.Add(HttpEventStream.Of(context).Connection);
                if (connections.Count == Streams)
                {
                    _open.Set();
                }
            }

            return Task.Delay(Timeout.Infinite, ct);
        }));
        HttpClient client = app.CreateHttp2Client();
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => client.OpenAsync("/")));
        await _open.WaitAsync();

        _time.Advance(Lifetime * 0.9 - TimeSpan.FromSeconds(1));
        int before = Ended();
        _time.Advance(Lifetime * 0.05);
        int halfway = Ended();
        _time.Advance(Lifetime * 0.05 + TimeSpan.FromSeconds(1));
        int after = Ended();

        Assert.Equal((0, Streams), (before, after));
        Assert.InRange(halfway, 1, Streams - 1);

        int Ended() => connections.Count(connection => connection.Reason == EndReason.Lifetime);
    }

    [Fact]
    public async Task Events_do_not_extend_a_lifetime()
    {
        KestrelApp app = await StartWithLifetimeAsync(app => app.MapSse("/", async (events, ct) =>
        {
            _open.Set();
            while (true)
            {
                await events.WriteAsync("tick", ct);
                await Task.Delay(TimeSpan.FromMinutes(1), _time, ct);
            }
        }));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await _open.WaitAsync();

        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Contains("data: tick\n\n", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task A_stream_inside_an_event_ends_at_its_lifetime()
    {
        KestrelApp app = await StartWithLifetimeAsync(
            app =>
            {
                app.UseSse();
                app.MapGet("/", async (HttpContext context, CancellationToken ct) =>
                {
                    _ = ct.Register(_tokenFired.Set);
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.WriteAsync("data: half an ev", ct);
                    _open.Set();
                    await Task.Delay(Timeout.Infinite, ct);
                });
            },
            heartbeat: TimeSpan.FromHours(1));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await _open.WaitAsync();

        _time.Advance(Lifetime);

        await _tokenFired.WaitAsync();
        Assert.Equal("data: half an ev", (await response.ReadToBreakAsync()).AfterPreamble());
    }

    private Task<KestrelApp> StartWithLifetimeAsync(Action<WebApplication> endpoints, TimeSpan? heartbeat = null) =>
        StartAsync(endpoints, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddSse(options =>
            {
                options.MaxConnectionLifetime = Lifetime;
                options.HeartbeatInterval = heartbeat ?? Timeout.InfiniteTimeSpan;
            });
        });

    private Task WaitAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        _ = cancellationToken.Register(_tokenFired.Set);
        _open.Set();
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
