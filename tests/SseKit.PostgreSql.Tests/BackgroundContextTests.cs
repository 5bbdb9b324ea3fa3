using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// Background work is in no request's trace and has no request's ambient state, whichever request started it.
/// </summary>
public sealed class BackgroundContextTests : PostgreSqlTest
{
    // Its statement has the schema in a parameter.
    private const string Notify = "pg_notify";

    private static readonly AsyncLocal<string?> User = new();

    private static readonly ActivitySource Requests = new("SseKit.PostgreSql.Tests.Requests");

    private readonly ConcurrentQueue<Statement> _statements = new();
    private readonly Signal _mayEnd = new();

    [Fact]
    public async Task Background_statements_have_no_context_of_a_request()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source == Requests || source.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity =>
            {
                if (activity.Source != Requests)
                {
                    _statements.Enqueue(new Statement(activity, User.Value));
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        KestrelApp a = await StartBusyAppAsync();
        KestrelApp b = await StartBusyAppAsync();

        // The first request of each server starts all background work.
        await using StreamClient run = await StreamClient.OpenAsync(a.CreateClient(), "/run");
        Assert.Equal(["begins"], await run.TakeAsync(1));
        await using StreamClient follower = await FollowAsync(a, "room");
        await using StreamClient runElsewhere = await StreamClient.OpenAsync(b.CreateClient(), "/run");
        await using StreamClient followerElsewhere = await FollowAsync(b, "room");
        using HttpResponseMessage published = await a.CreateClient().PostAsync("/publish", content: null);
        published.EnsureSuccessStatusCode();
        Assert.Equal(["event"], await followerElsewhere.TakeAsync(1));
        string[] background =
        [
            ".version()", // The schema.
            ".append(", // Group commits.
            "p.payload", // Pages.
            "as n(name, place)", // States.
            "asked.place", // Renewals, of the run's lease and of its followers' lease.
            "listen ", // Notifications, the poll and the upkeep.
            "pg_snapshot_xmin",
            Notify,
            ".upkeep",
        ];
        await TestTimeout.UntilAsync(() =>
            background.All(text => Mine(text).Length > 0) && Mine("asked.place").Length > 3 && Mine("pg_snapshot_xmin").Length > 3);
        using HttpResponseMessage completed = await a.CreateClient().PostAsync("/complete", content: null);
        completed.EnsureSuccessStatusCode();
        _mayEnd.Set();
        Assert.Equal(["ends"], await run.ReadToEndAsync());

        foreach (string text in background)
        {
            // A request confirms the lease in the store right before it starts a run.
            Assert.All(Mine(text).Skip(text == "asked.place" ? 1 : 0), statement =>
            {
                Assert.Null(statement.User);
                Assert.Null(statement.Parent);
            });
        }

        // A completion belongs to its caller's trace.
        Assert.Contains(Mine(".complete("), statement => statement.User == "a user" && statement.Parent is not null);
    }

    private Statement[] Mine(string text) =>
        [.. _statements.Where(statement => statement.Text.Contains(text, StringComparison.Ordinal)
            && (text == Notify || statement.Text.Contains(QuotedSchema.Trim('"'), StringComparison.Ordinal)))];

    private Task<KestrelApp> StartBusyAppAsync() => StartAppAsync(
        store =>
        {
            store.UpkeepInterval = TimeSpan.FromMilliseconds(100);
            store.PollInterval = TimeSpan.FromMilliseconds(100);
        },
        app =>
        {
            app.Use(async (context, next) =>
            {
                User.Value = "a user";
                using Activity? request = Requests.StartActivity("request", ActivityKind.Server);
                await next(context);
            });
            app.MapPost("/publish", (ISsePublisher publisher) => publisher.PublishAsync("room", "event").AsTask());
            app.MapPost("/complete", (ISsePublisher publisher) => publisher.CompleteAsync("room").AsTask());
            app.MapSse("/run", async (SseEventWriter events) =>
            {
                await events.WriteAsync("begins");
                await _mayEnd.WaitAsync();
                await events.WriteAsync("ends");
            }).WithSseReplay("run", options =>
            {
                options.LeaseDuration = TimeSpan.FromSeconds(3);
                options.StopWithoutFollowersAfter = TimeSpan.FromSeconds(1);
            });
        });

    private sealed class Statement(Activity activity, string? user)
    {
        public string? User => user;

        public Activity? Parent { get; } = activity.Parent;

        public string Text => (activity.GetTagItem("db.query.text") ?? activity.GetTagItem("db.statement")) as string ?? "";
    }
}
