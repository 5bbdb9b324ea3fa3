using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>Timers run in no request's context, whichever request started them. (I11)</summary>
public sealed class TimerContextTests : ServerTest
{
    private static readonly AsyncLocal<string?> User = new();

    private readonly TemporaryDirectory _directory = new();
    private readonly Signal _stopped = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    [Fact]
    public async Task Timers_have_no_context_of_the_request_that_started_them()
    {
        var time = new RecordingTimeProvider();
        KestrelApp app = await StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    User.Value = "a user";
                    return next(context);
                });
                app.MapSse("/run", async (SseEventWriter events, CancellationToken cancellationToken) =>
                {
                    await events.WriteAsync("begins", cancellationToken);
                    cancellationToken.Register(_stopped.Set);
                    await _stopped.WaitAsync(cancellationToken);
                }).WithSseReplay("run", options => options.StopWithoutFollowersAfter = TimeSpan.FromMilliseconds(50));
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddSse(options => options.HeartbeatInterval = TimeSpan.FromSeconds(1)).AddSqliteEventStore(
                    Path.Combine(_directory.Path, "events.db"), options => options.PollInterval = TimeSpan.FromMilliseconds(10));
            });

        StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/run");
        Assert.Equal(["begins"], await client.TakeAsync(1));
        await client.DisposeAsync();
        await _stopped.WaitAsync();
        await TestTimeout.UntilAsync(() => time.Seen.Count > 20);

        Assert.All(time.Seen, Assert.Null);
    }

    private sealed class RecordingTimeProvider : TimeProvider
    {
        public ConcurrentQueue<string?> Seen { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(
            state =>
            {
                Seen.Enqueue(User.Value);
                callback(state);
            },
            state,
            dueTime,
            period);
    }
}
