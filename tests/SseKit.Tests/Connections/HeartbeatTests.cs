using System.Net.ServerSentEvents;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class HeartbeatTests : ServerTest
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _time = new();
    private readonly Channel<string> _source = Channel.CreateUnbounded<string>();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_comment_is_written_every_fifteen_idle_seconds(int httpVersion)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", FollowAsync), WithTime);
        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/");
        await response.ReadPreambleAsync();
        await _time.TimerArmedAsync(Default);

        for (int i = 0; i < 3; i++)
        {
            _time.Advance(Default);

            Assert.Equal(":\n", await response.ReadUntilAsync("\n"));
        }
    }

    [Fact]
    public async Task No_comment_is_written_between_frequent_events()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", FollowAsync), WithTime);
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();
        await _time.TimerArmedAsync(Default);

        foreach (string text in (string[])["1", "2", "3", "4"])
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await _source.Writer.WriteAsync(text);

            Assert.Equal($"data: {text}\n\n", await response.ReadUntilAsync("\n\n"));
        }

        _time.Advance(Default);
        Assert.Equal(":\n", await response.ReadUntilAsync("\n"));
    }

    [Fact]
    public async Task An_event_can_replace_the_comment()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", FollowAsync),
            builder =>
            {
                WithTime(builder);
                builder.Services.AddSse(options => options.HeartbeatEvent = new SseItem<string>("{\"type\":\"ping\"}", "ping"));
            });
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();
        await _time.TimerArmedAsync(Default);

        _time.Advance(Default);

        Assert.Equal("event: ping\ndata: {\"type\":\"ping\"}\n\n", await response.ReadUntilAsync("\n\n"));
    }

    [Fact]
    public async Task An_endpoint_may_have_its_own_heartbeat()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", FollowAsync).WithSseHeartbeat(TimeSpan.FromSeconds(3), new SseItem<string>("", "tick")), WithTime);
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();
        await _time.TimerArmedAsync(TimeSpan.FromSeconds(3));

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal("event: tick\ndata: \n\n", await response.ReadUntilAsync("\n\n"));
    }

    [Fact]
    public async Task A_group_and_its_endpoint_can_have_different_heartbeats()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                RouteGroupBuilder group = app.MapGroup("/group").WithSseHeartbeat(TimeSpan.FromSeconds(5));
                group.MapSse("/own", FollowAsync).WithSseHeartbeat(TimeSpan.FromSeconds(2));
                group.MapGet("/plain", FollowAsync);
            },
            WithTime);
        using StreamingResponse plain = await app.CreateClient().OpenAsync("/group/plain");
        await plain.ReadPreambleAsync();
        await _time.TimerArmedAsync(TimeSpan.FromSeconds(5));
        using StreamingResponse own = await app.CreateClient().OpenAsync("/group/own");
        await own.ReadPreambleAsync();
        await _time.TimerArmedAsync(TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(2));
        string first = await own.ReadUntilAsync("\n");
        _time.Advance(TimeSpan.FromSeconds(3));
        string second = await plain.ReadUntilAsync("\n");

        Assert.Equal((":\n", ":\n"), (first, second));
    }

    [Fact]
    public async Task An_infinite_interval_disables_heartbeats()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse("/silent", FollowAsync).WithSseHeartbeat(Timeout.InfiniteTimeSpan);
                app.MapSse("/beating", (events, ct) => Task.Delay(Timeout.Infinite, ct));
            },
            WithTime);
        using StreamingResponse silent = await app.CreateClient().OpenAsync("/silent");
        using StreamingResponse beating = await app.CreateClient().OpenAsync("/beating");
        await silent.ReadPreambleAsync();
        await beating.ReadPreambleAsync();
        await _time.TimerArmedAsync(Default);

        _time.Advance(TimeSpan.FromHours(1));
        await beating.ReadUntilAsync(":\n");
        await _source.Writer.WriteAsync("after an hour");

        Assert.Equal("data: after an hour\n\n", await silent.ReadUntilAsync("\n\n"));
    }

    [Fact]
    public async Task Many_connections_share_one_timer()
    {
        const int Connections = 50;
        int open = 0;
        var allOpen = new Signal();
        var time = new CountingTimeProvider(_time);
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", (events, ct) =>
            {
                if (Interlocked.Increment(ref open) == Connections)
                {
                    allOpen.Set();
                }

                return Task.Delay(Timeout.Infinite, ct);
            }),
            builder => builder.Services.AddSingleton<TimeProvider>(time));
        HttpClient client = app.CreateHttp2Client();

        StreamingResponse[] responses = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => client.OpenAsync("/")));
        await Task.WhenAll(responses.Select(response => response.ReadPreambleAsync()));
        await allOpen.WaitAsync();
        _time.Advance(2 * Default);
        string[] heartbeats = await Task.WhenAll(responses.Select(response => response.ReadUntilAsync(":\n")));

        Assert.All(heartbeats, heartbeat => Assert.Equal(":\n", heartbeat));
        Assert.Equal(1, time.Timers);
    }

    [Fact]
    public async Task A_heartbeat_never_splits_a_concurrent_write()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", async (events, ct) =>
            {
                await foreach (string text in _source.Reader.ReadAllAsync(ct))
                {
                    await events.WriteAsync(text, ct);
                }
            }),
            WithTime);
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();
        await _time.TimerArmedAsync(Default);

        for (int i = 0; i < 200; i++)
        {
            Task writing = Task.Run(() => _source.Writer.TryWrite("event"));
            _time.Advance(Default);
            await writing;
        }

        _source.Writer.Complete();
        string body = await response.ReadToEndAsync();

        Assert.Matches("^(:\n|data: event\n\n)*$", body);
        Assert.Equal(200, body.Split("data: event").Length - 1);
    }

    private void WithTime(WebApplicationBuilder builder) => builder.Services.AddSingleton<TimeProvider>(_time);

    private async Task FollowAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        await foreach (string text in _source.Reader.ReadAllAsync(cancellationToken))
        {
            await events.WriteAsync(text, cancellationToken);
        }
    }

    private sealed class CountingTimeProvider(TimeProvider inner) : TimeProvider
    {
        private int _timers;

        public int Timers => _timers;

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return inner.CreateTimer(callback, state, dueTime, period);
        }
    }
}
