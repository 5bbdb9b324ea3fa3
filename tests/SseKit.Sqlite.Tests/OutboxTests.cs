using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Publishes within transactions of the app.</summary>
public sealed class OutboxTests : OutboxTest
{
    [Fact]
    public async Task Followers_of_all_servers_get_events_after_the_commit()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient here = await FollowAsync(a, "orders");
        await using StreamClient there = await FollowAsync(b, "orders");
        Task<SseItem<string>>[] next = [here.NextAsync(), there.NextAsync()];
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();

        string id = await PublishAsync(a, transaction, "orders", "placed");
        List<string> before = await HeldAsync(b, "orders");
        bool wasEarly = next.Any(each => each.IsCompleted);
        await transaction.CommitAsync();

        Assert.Equal(["placed", "placed"], (await Task.WhenAll(next).OrTimeout()).Select(item => item.Data));
        Assert.Equal([id, id], [here.LastEventId, there.LastEventId]);
        Assert.Empty(before);
        Assert.False(wasEarly);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transaction_that_does_not_commit_leaves_nothing(bool rollsBack)
    {
        KestrelApp app = await StartAppAsync();
        await PublisherOf(app).PublishAsync("old", "1");
        await using StreamClient client = await FollowAsync(app, "new");
        SseTopicState[] before = [await StateAsync(app, "old"), await StateAsync(app, "new")];
        object? changes = Query("select changes from ssekit_store");
        using (SqliteConnection connection = Connect())
        using (SqliteTransaction transaction = connection.BeginTransaction())
        {
            await PublishAsync(app, transaction, "old", "never");
            await PublishAsync(app, transaction, "new", "never", key: "key");
            if (rollsBack)
            {
                await transaction.RollbackAsync();
            }
        }

        Assert.Equal(before[0], await StateAsync(app, "old"));
        Assert.Equal(before[1], await StateAsync(app, "new"));
        Assert.Equal(changes, Query("select changes from ssekit_store"));
        Assert.Equal(0L, Query("select count(*) from ssekit_topics where name = 'new'"));
        string id = await PublisherOf(app).PublishAsync(
            "new", new SseItem<string>("first"), new SsePublishOptions { IdempotencyKey = "key" });
        Assert.Equal($"{before[1].Latest.Epoch}-1", id);
        Assert.Equal(["first"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task Known_key_returns_the_id_of_its_event()
    {
        KestrelApp app = await StartAppAsync();
        using SqliteConnection connection = Connect();
        string first = await PublisherOf(app).PublishAsync(
            "orders", new SseItem<string>("1"), new SsePublishOptions { IdempotencyKey = "a" });
        using SqliteTransaction transaction = connection.BeginTransaction();

        string again = await PublishAsync(app, transaction, "orders", "1 again", key: "a");
        string second = await PublishAsync(app, transaction, "orders", "2", key: "b");
        string secondAgain = await PublishAsync(app, transaction, "orders", "2 again", key: "b");
        await transaction.CommitAsync();

        Assert.Equal(first, again);
        Assert.Equal(second, secondAgain);
        Assert.Equal(["1", "2"], await HeldAsync(app, "orders"));
    }

    [Fact]
    public async Task Several_events_and_topics_commit_in_one_transaction()
    {
        KestrelApp app = await StartAppAsync();
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();

        SseAppendResult result = await StoreOf(app).AppendAsync(
            transaction, StoreCalls.Request("a", [Bytes("1"), Bytes("2"), Bytes("3")], "key"), default);
        SsePosition other = await AppendAsync(StoreOf(app), transaction, "b", "4");
        await transaction.CommitAsync();

        Assert.True(result.IsNew);
        Assert.Equal([3, 1], [result.Position.Sequence, other.Sequence]);
        Assert.Equal(["1", "2", "3"], await HeldAsync(app, "a"));
        Assert.Equal(["4"], await HeldAsync(app, "b"));
        Assert.Equal(4L, Query("select events from ssekit_store"));
    }

    [Fact]
    public async Task Row_of_the_app_and_its_event_are_committed_together()
    {
        KestrelApp app = await StartAppAsync();
        for (int i = 1; i <= 4; i++)
        {
            await using SqliteConnection connection = Connect();
            await using SqliteTransaction transaction = connection.BeginTransaction();
            Execute(connection, $"insert into orders values ({i})");
            await PublishAsync(app, transaction, "orders", $"{i}");
            if (i % 2 == 0)
            {
                await transaction.CommitAsync();
            }
        }

        Assert.Equal("2,4", Query("select group_concat(id) from orders"));
        Assert.Equal(["2", "4"], await HeldAsync(app, "orders"));
    }

    [Fact]
    public async Task Publish_of_the_store_waits_for_an_open_transaction()
    {
        KestrelApp app = await StartAppAsync();
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();
        await PublishAsync(app, transaction, "orders", "1");

        Task<string> waiting = PublisherOf(app).PublishAsync("orders", "2").AsTask();
        await PublishAsync(app, transaction, "orders", "1 too");
        bool hasWaited = !waiting.IsCompleted;
        await transaction.CommitAsync();
        await waiting.OrTimeout();

        Assert.True(hasWaited);
        Assert.Equal(["1", "1 too", "2"], await HeldAsync(app, "orders"));
    }

    [Fact]
    public async Task Rolled_back_savepoint_of_the_app_removes_events()
    {
        KestrelApp app = await StartAppAsync();
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();

        await PublishAsync(app, transaction, "orders", "1");
        await transaction.SaveAsync("here");
        await PublishAsync(app, transaction, "orders", "taken back");
        await transaction.RollbackAsync("here");
        await PublishAsync(app, transaction, "orders", "2");
        await transaction.CommitAsync();

        Assert.Equal(["1", "2"], await HeldAsync(app, "orders"));
    }

    [Fact]
    public async Task Next_publish_applies_bounds_after_a_transaction()
    {
        KestrelApp app = await StartAppAsync(options => options.MaxEventsPerTopic = 3);
        await AppendManyAsync(app, 10);
        List<string> held = await HeldAsync(app, "orders");

        await PublisherOf(app).PublishAsync("orders", "11");

        Assert.Equal(["8", "9", "10"], held);
        Assert.Equal(["9", "10", "11"], await HeldAsync(app, "orders"));
        Assert.Equal(3L, Query("select count(*) from ssekit_events"));
    }

    [Fact]
    public async Task Upkeep_applies_bounds_after_a_transaction()
    {
        KestrelApp app = await StartAppAsync(options =>
            (options.MaxBytesPerTopic, options.UpkeepInterval) = (3 * "data: 1\n".Length, TimeSpan.FromDays(1)));
        await StoreOf(app).Upkeep.SweepAsync();
        await AppendManyAsync(app, 9);

        await StoreOf(app).Upkeep.SweepAsync();

        Assert.Equal(["7", "8", "9"], await HeldAsync(app, "orders"));
        Assert.Equal(3L, Query("select events from ssekit_store"));
    }

    [Fact]
    public async Task Transactions_beside_publishers_leave_no_hole_and_no_duplicate()
    {
        const int Transactions = 20;
        const int Publishers = 4;
        const int Each = 25;
        KestrelApp app = await StartAppAsync();
        await using StreamClient client = await FollowAsync(app, "orders");
        Task[] publishers = [.. Enumerable.Range(0, Publishers).Select(number => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                await PublisherOf(app).PublishAsync("orders", $"publisher {number}: {i}");
            }
        }))];
        var committed = new List<string>();
        await Task.Run(async () =>
        {
            using SqliteConnection connection = Connect();
            for (int i = 0; i < Transactions; i++)
            {
                using SqliteTransaction transaction = connection.BeginTransaction();
                committed.Add(await PublishAsync(app, transaction, "orders", $"transaction {i}"));
                await transaction.CommitAsync();
            }
        }).OrTimeout();
        await Task.WhenAll(publishers).OrTimeout();

        string[] received = await client.TakeAsync(Transactions + (Publishers * Each));

        Assert.Equal(received, await HeldAsync(app, "orders"));
        Assert.Equal(received.Length, received.Distinct().Count());
        Assert.Equal(
            Enumerable.Range(0, Transactions).Select(i => $"transaction {i}"),
            received.Where(text => text.StartsWith("transaction", StringComparison.Ordinal)));
        Assert.Equal(committed.Select(SequenceOf).Order(), committed.Select(SequenceOf));
    }

    private async Task AppendManyAsync(KestrelApp app, int last)
    {
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();
        for (int i = 1; i <= last; i++)
        {
            await PublishAsync(app, transaction, "orders", $"{i}");
        }

        await transaction.CommitAsync();
    }

    private static async Task<SseTopicState> StateAsync(KestrelApp app, string topic) => await SqliteTest.StateAsync(StoreOf(app), topic);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static long SequenceOf(string id) => SsePosition.TryParse(id, out SsePosition position) ? position.Sequence : 0;
}
