using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// The database loses acknowledged transactions in the same timeline, as in a crash without synchronous commits: the log goes back under its
/// epoch.
/// </summary>
public sealed class SetBackTests : PostgreSqlTest
{
    private const string Unknown = "{\"reason\":\"unknown\"}";

    [Fact]
    public async Task Followers_on_every_server_get_one_gap()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient onA = await FollowAsync(a, "room");
        await using StreamClient onB = await FollowAsync(b, "room");
        for (int i = 1; i <= 9; i++)
        {
            await PublisherOf(a).PublishAsync("room", $"{i}");
        }

        await onA.TakeAsync(9);
        await onB.TakeAsync(9);
        await Server.ExecuteAsync($"delete from {QuotedSchema}.events where sequence > 5; update {QuotedSchema}.topics set head = 5");

        await PublisherOf(a).PublishAsync("room", "10");
        Assert.Equal([Unknown, "10"], await onA.TakeAsync(2));
        Assert.Equal([Unknown], await onB.TakeAsync(1));
        await PublisherOf(a).PublishAsync("room", "11");
        Assert.Equal(["11"], await onA.TakeAsync(1));

        // The other server may detect the loss before the next event or with it.
        string next = (await onB.TakeAsync(1))[0];
        Assert.Equal("11", next == "10" ? (await onB.TakeAsync(1))[0] : next);

        // A client that was connected resumes by ids of the current log.
        await onA.DisposeAsync();
        await PublisherOf(b).PublishAsync("room", "12");
        await using StreamClient back = await FollowAsync(b, "room", onA.LastEventId);
        Assert.Equal(["12"], await back.TakeAsync(1));
    }

    [Fact]
    public async Task A_client_with_lost_id_gets_later_events()
    {
        KestrelApp app = await StartAppAsync();
        string last = "";
        for (int i = 1; i <= 9; i++)
        {
            last = await PublisherOf(app).PublishAsync("room", $"{i}");
        }

        await Server.ExecuteAsync($"delete from {QuotedSchema}.events where sequence > 5; update {QuotedSchema}.topics set head = 5");

        await using StreamClient back = await FollowAsync(app, "room", last);
        Assert.Equal([Unknown], await back.TakeAsync(1));
        await PublisherOf(app).PublishAsync("room", "10");

        Assert.Equal(["10"], await back.TakeAsync(1));
    }
}
