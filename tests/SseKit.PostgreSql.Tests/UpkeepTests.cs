using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

public sealed class UpkeepTests : PostgreSqlTest
{
    [Fact]
    public async Task A_topic_keeps_no_more_events_than_its_bound()
    {
        PostgreSqlEventStore store = OpenStore(options => options.MaxEventsPerTopic = 10);
        await AppendAsync(store, "topic", 25);
        await AppendAsync(store, "short", 10);

        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Equal(16, await OldestAsync(store, "topic"));
        Assert.Equal(1, await OldestAsync(store, "short"));
        Assert.Equal(15, store.Evicted.Count);
        Assert.Equal(20L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.events"));
    }

    [Fact]
    public async Task A_topic_keeps_its_bytes_or_newest_event()
    {
        PostgreSqlEventStore store = OpenStore(options => options.MaxBytesPerTopic = 100);
        await AppendAsync(store, "topic", 25, new string('x', 30));
        await AppendAsync(store, "large", 3, new string('x', 1000));

        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Equal(23, await OldestAsync(store, "topic"));
        Assert.Equal(3, await OldestAsync(store, "large"));
        Assert.Equal(1090L, (long)await Server.AskAsync<decimal>($"select sum(bytes) from {QuotedSchema}.topics"));
    }

    [Fact]
    public async Task Events_beyond_their_age_are_deleted()
    {
        PostgreSqlEventStore store = OpenStore(options => options.MaxAge = TimeSpan.FromMinutes(10));
        await AppendAsync(store, "topic", 1200);
        await Server.ExecuteAsync($"""
            update {QuotedSchema}.events set created_at = created_at - interval '11 minutes' where sequence <= 1100;
            update {QuotedSchema}.topics set oldest_at = oldest_at - interval '11 minutes'
            """);

        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Equal(1101, await OldestAsync(store, "topic"));
    }

    [Fact]
    public async Task One_server_runs_the_upkeep_for_all()
    {
        PostgreSqlEventStore[] stores = [.. Enumerable.Range(0, 3).Select(_ => OpenStore(options =>
        {
            options.MaxEventsPerTopic = 1;
            options.UpkeepInterval = TimeSpan.FromMilliseconds(100);
        }))];
        await AppendAsync(stores[0], "topic", 50);

        await TestTimeout.UntilAsync(async () => await OldestAsync(stores[0], "topic") == 50);

        SseTopicState state = await stores[1].GetStateAsync("topic", CancellationToken.None);
        Assert.Equal((50, 50), (state.Latest.Sequence, state.EarliestSequence));
    }

    [Fact]
    public async Task A_claim_in_the_future_is_ignored()
    {
        await Server.ExecuteAsync(SsePostgreSqlSchema.CreateScript(Schema));
        await Server.ExecuteAsync($"update {QuotedSchema}.upkeep set begun_at = clock_timestamp() + interval '1 hour'");
        PostgreSqlEventStore store = OpenStore(options =>
        {
            options.MaxEventsPerTopic = 1;
            options.UpkeepInterval = TimeSpan.FromMilliseconds(100);
        });
        await AppendAsync(store, "topic", 50);

        await TestTimeout.UntilAsync(async () => await OldestAsync(store, "topic") == 50);
    }

    [Fact]
    public async Task Publishers_and_readers_continue_during_upkeep()
    {
        const int Count = 600;
        PostgreSqlEventStore store = OpenStore(options => options.MaxEventsPerTopic = 20);
        SsePosition position = (await store.GetStateAsync("topic", CancellationToken.None)).Latest;

        Task publishing = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => AppendAsync(store, "topic", Count / 4))));
        Task dropping = Task.Run(async () =>
        {
            while (!publishing.IsCompleted)
            {
                await store.Upkeep.SweepAsync(CancellationToken.None);
            }

            await store.Upkeep.SweepAsync(CancellationToken.None);
        });
        long read = 0;
        long missed = 0;
        while (position.Sequence < Count)
        {
            SseReadResult page = await store.ReadAsync("topic", position, 7, CancellationToken.None).OrTimeout();
            long next = page.Status == SseReadStatus.Expired ? page.State.EarliestSequence - 1 : position.Sequence + page.Events.Count;
            missed += page.Status == SseReadStatus.Expired ? next - position.Sequence : 0;
            read += page.Events.Count;
            position = position with { Sequence = next };
        }

        await Task.WhenAll(publishing, dropping).OrTimeout();
        Assert.Equal(Count, read + missed);
        Assert.Equal(Count - 19, await OldestAsync(store, "topic"));
    }

    [Fact]
    public async Task Events_of_a_deleted_topic_are_deleted()
    {
        PostgreSqlEventStore store = OpenStore();
        await AppendAsync(store, "deleted", 1200);
        await AppendAsync(store, "kept", 3);

        await store.DeleteAsync("deleted", null, CancellationToken.None);
        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Equal(3L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.events"));
        Assert.Equal(0L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.dropped"));
    }

    [Fact]
    public async Task A_topic_deleted_as_unused_never_gets_an_earlier_epoch()
    {
        PostgreSqlEventStore store = OpenStore(options => options.MaxAge = TimeSpan.FromMinutes(10));
        await AppendAsync(store, "kept", 1);
        var epochs = new HashSet<string>();
        for (int i = 0; i < 3; i++)
        {
            SseTopicState unused = await store.GetStateAsync("topic", CancellationToken.None);
            await AppendAsync(store, "topic", 2);
            Assert.True(epochs.Add(unused.Latest.Epoch));
            Assert.Equal(unused.Latest with { Sequence = 2 }, (await store.GetStateAsync("topic", CancellationToken.None)).Latest);
            await Server.ExecuteAsync($"""
                update {QuotedSchema}.events set created_at = created_at - interval '11 minutes';
                update {QuotedSchema}.topics set oldest_at = oldest_at - interval '11 minutes', used_at = used_at - interval '31 days'
                where name = '\x{Convert.ToHexString(TopicKey.Encode("topic"))}'
                """);

            await store.Upkeep.SweepAsync(CancellationToken.None);

            Assert.Equal(1L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.topics"));
        }

        Assert.DoesNotContain((await store.GetStateAsync("topic", CancellationToken.None)).Latest.Epoch, epochs);
    }

    // The topics are in all buckets; so the transaction has locked the seed of one, and needs those of others later.
    [Fact]
    public async Task Upkeep_neither_waits_for_nor_delays_new_topics()
    {
        PostgreSqlEventStore store = OpenStore(options => options.ForgetTopicsAfter = TimeSpan.FromMilliseconds(1));
        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, cancellationToken) =>
            await store.CompleteAsync($"old {i}", SseTopicStatus.Completed, null, cancellationToken));
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await BeginAsync("new 0");

        Task sweep = store.Upkeep.SweepAsync(CancellationToken.None);
        for (int i = 1; i < 30; i++)
        {
            await BeginAsync($"new {i}").OrTimeout();
        }

        await sweep.OrTimeout();
        await transaction.CommitAsync();
        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Equal(30L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.topics"));

        Task BeginAsync(string topic) =>
            store.AppendAsync(transaction, StoreCalls.Request(topic, [Payload("event")]), CancellationToken.None).AsTask();
    }

    [Theory]
    [InlineData("trim(0, 1, 1, null, 1)")]
    [InlineData("delete_unused('-infinity', 1)")]
    public async Task Upkeep_commits_without_waiting_for_the_disk(string call)
    {
        await Server.ExecuteAsync(SsePostgreSqlSchema.CreateScript(Schema));
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();

        await using var run = new NpgsqlCommand($"select {QuotedSchema}.{call}", connection);
        await run.ExecuteNonQueryAsync();

        await using var setting = new NpgsqlCommand("select current_setting('synchronous_commit')", connection);
        Assert.Equal("off", await setting.ExecuteScalarAsync());
    }

    private static async Task AppendAsync(PostgreSqlEventStore store, string topic, int count, string text = "event")
    {
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (_, cancellationToken) =>
            await store.AppendAsync(topic, Payload(text), null, null, cancellationToken));
    }

    private static async Task<long> OldestAsync(PostgreSqlEventStore store, string topic) =>
        (await store.GetStateAsync(topic, CancellationToken.None)).EarliestSequence;
}
