using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// Callers that leave during their statements: changes continue and are notified, reads are cancelled.
/// </summary>
public sealed class CancellationTests : PostgreSqlTest
{
    private const int Gate = 4711;

    [Theory]
    [InlineData("append")]
    [InlineData("complete")]
    [InlineData("delete")]
    public async Task A_change_whose_caller_leaves_continues_and_is_notified(string change)
    {
        PostgreSqlEventStore store = OpenStore();
        await using PostgreSqlEventStore other = OpenStore(options => options.PollInterval = TimeSpan.FromHours(1));
        SsePosition first = (await AppendAsync(store, CancellationToken.None)).Position;
        using var notifications = new SemaphoreSlim(0);
        using IDisposable subscription = other.Subscribe(topic => notifications.Release());

        // The first poll is notified as a change of any topic.
        Assert.True(await notifications.WaitAsync(TestTimeout.Limit));
        await HoldTopicChangesAsync();
        using var left = new CancellationTokenSource();
        Task changing = change switch
        {
            "append" => AppendAsync(store, left.Token),
            "complete" => store.CompleteAsync("topic", SseTopicStatus.Completed, null, left.Token).AsTask(),
            _ => store.DeleteAsync("topic", null, left.Token).AsTask(),
        };
        await TestTimeout.UntilAsync(async () =>
            await Server.AskAsync<bool>($"select exists (select from pg_locks where locktype = 'advisory' and objid = {Gate})"));
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => changing.OrTimeout());
        await Server.ExecuteAsync($"insert into {QuotedSchema}.gate values (1)");

        bool changed = false;
        while (!changed)
        {
            Assert.True(await notifications.WaitAsync(TestTimeout.Limit), "No notification came after the change.");
            SseTopicState state = await other.GetStateAsync("topic", CancellationToken.None);
            changed = change switch
            {
                "append" => state.Latest.Sequence > first.Sequence,
                "complete" => state.Status == SseTopicStatus.Completed,
                _ => state.Latest.Epoch != first.Epoch,
            };
        }
    }

    [Fact]
    public async Task A_read_without_callers_is_cancelled_in_the_database()
    {
        PostgreSqlEventStore store = OpenStore();
        SsePosition first = (await AppendAsync(store, CancellationToken.None)).Position;
        await using NpgsqlConnection holder = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await holder.BeginTransactionAsync();
        await using (var locked = new NpgsqlCommand($"lock table {QuotedSchema}.topics", holder))
        {
            await locked.ExecuteNonQueryAsync();
        }

        using var left = new CancellationTokenSource();
        Task page = store.ReadAsync("topic", first, 10, left.Token).AsTask();
        Task state = store.GetStateAsync("topic", left.Token).AsTask();
        await TestTimeout.UntilAsync(async () => await WaitingAsync() == 2);
        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => page.OrTimeout());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => state.OrTimeout());
        await TestTimeout.UntilAsync(async () => await WaitingAsync() == 0);
    }

    // Each change takes an advisory lock, by which the test detects it, and then waits until the table has a row.
    private Task HoldTopicChangesAsync() => Server.ExecuteAsync($"""
        create table {QuotedSchema}.gate (is_open integer);
        create function {QuotedSchema}.hold() returns trigger language plpgsql as $$
        begin
            perform pg_advisory_xact_lock_shared({Gate});
            while not exists (select from {QuotedSchema}.gate) loop
                perform pg_sleep(0.01);
            end loop;
            return new;
        end
        $$;
        create trigger hold before update on {QuotedSchema}.topics for each row execute function {QuotedSchema}.hold()
        """);

    private Task<long> WaitingAsync() => Server.AskAsync<long>($"""
        select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and pid <> pg_backend_pid() and query like '%{QuotedSchema}%'
        """);

    private static Task<SseAppendResult> AppendAsync(PostgreSqlEventStore store, CancellationToken cancellationToken) =>
        store.AppendAsync("topic", Payload("event"), null, null, cancellationToken).AsTask();
}
