using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>Another session holds a lock for long. Writers wait for it, and PostgreSQL logs no errors.</summary>
public sealed class ContentionTests : PostgreSqlTest
{
    private const int HeldSeconds = 2;

    [Fact]
    public async Task Writers_that_wait_for_a_locked_topic_log_no_errors()
    {
        PostgreSqlEventStore store = OpenStore();
        SsePosition first = (await AppendAsync(store, "a")).Position;
        await AppendAsync(store, "b");
        await AppendAsync(store, "c");

        await using NpgsqlConnection holder = await Source.OpenConnectionAsync();
        Task held = await HoldAsync(holder, $"select from {QuotedSchema}.topics for update");
        Task append = AppendAsync(store, "a");
        Task complete = store.CompleteAsync("b", SseTopicStatus.Completed, null, CancellationToken.None).AsTask();
        Task delete = store.DeleteAsync("c", null, CancellationToken.None).AsTask();

        // An append to another topic does not wait for them.
        await AppendAsync(store, "free").OrTimeout();
        Assert.False(held.IsCompleted);
        await Task.WhenAll(append, complete, delete).OrTimeout();

        Assert.True(held.IsCompleted);
        Assert.Equal(first with { Sequence = 2 }, (await store.GetStateAsync("a", CancellationToken.None)).Latest);
        Assert.Equal(SseTopicStatus.Completed, (await store.GetStateAsync("b", CancellationToken.None)).Status);
        string[] errors = await Server.ReadErrorsAsync();
        Assert.True(errors.Length == 0, $"{errors.Length} errors: {errors.FirstOrDefault()}");
    }

    [Fact]
    public async Task Writers_that_wait_for_a_topics_creation_log_no_errors()
    {
        PostgreSqlEventStore store = OpenStore();
        await AppendAsync(store, "other");

        await using NpgsqlConnection holder = await Source.OpenConnectionAsync();
        Task held = await HoldAsync(
            holder, $"select {QuotedSchema}.begin_topic(convert_to(name, 'UTF8')) from unnest(array['a', 'b', 'c']) as name");
        Task[] waiting =
        [
            AppendAsync(store, "a"),
            store.CompleteAsync("b", SseTopicStatus.Completed, null, CancellationToken.None).AsTask(),
            store.DeleteAsync("c", null, CancellationToken.None).AsTask(),
        ];
        await AppendAsync(store, "other").OrTimeout();
        Assert.False(held.IsCompleted);
        await Task.WhenAll(waiting).OrTimeout();

        Assert.True(held.IsCompleted);
        Assert.Equal(1, (await store.GetStateAsync("a", CancellationToken.None)).Latest.Sequence);
        string[] errors = await Server.ReadErrorsAsync();
        Assert.True(errors.Length == 0, $"{errors.Length} errors: {errors.FirstOrDefault()}");
    }

    private protected override Task<PostgreSqlServer> StartServerAsync() => PostgreSqlServer.StartAsync();

    private protected override async Task EndServerAsync() => await Server.DisposeAsync();

    // Returns when the locks are held.
    private static async Task<Task> HoldAsync(NpgsqlConnection holder, string locks)
    {
        NpgsqlTransaction transaction = await holder.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand(locks, holder))
        {
            await command.ExecuteNonQueryAsync();
        }

        return EndAsync();

        async Task EndAsync()
        {
            await using (var command = new NpgsqlCommand($"select pg_sleep({HeldSeconds})", holder))
            {
                await command.ExecuteNonQueryAsync();
            }

            await transaction.CommitAsync();
        }
    }

    private static Task<SseAppendResult> AppendAsync(PostgreSqlEventStore store, string topic) =>
        store.AppendAsync(topic, Payload("event"), null, null, CancellationToken.None).AsTask();
}
