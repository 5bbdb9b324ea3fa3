using System.Transactions;
using Microsoft.Extensions.Logging.Abstractions;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>A caller has an ambient transaction, in which Npgsql enlists connections. What the store has reported as done stays.</summary>
public sealed class TransactionScopeTests : PostgreSqlTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_in_a_scope_that_rolls_back_stay(bool sourceOfApp)
    {
        await using var store = new PostgreSqlEventStore(
            sourceOfApp ? DataSource.Of(Source) : DataSource.Own(Server.ConnectionString),
            new SsePostgreSqlEventStoreOptions { Schema = Schema },
            TimeProvider.System,
            NullLogger.Instance);
        PostgreSqlEventStore other = OpenStore();
        await AppendAsync(store, "deleted");

        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await AppendAsync(store, "appended");
            await store.CompleteAsync("completed", SseTopicStatus.Completed, null, CancellationToken.None).AsTask().OrTimeout();
            await store.DeleteAsync("deleted", null, CancellationToken.None).AsTask().OrTimeout();
            await store.TryAcquireLeaseAsync("leased", "owner", TimeSpan.FromMinutes(1), CancellationToken.None).AsTask().OrTimeout();
        }

        IReadOnlyList<SseTopicState> states = await other.GetStatesAsync(["appended", "completed", "deleted"], CancellationToken.None);
        Assert.Equal(1, states[0].Latest.Sequence);
        Assert.Equal(SseTopicStatus.Completed, states[1].Status);
        Assert.Equal(0, states[2].Latest.Sequence);
        Assert.Equal("owner", await other.GetLeaseOwnerAsync("leased", CancellationToken.None));
    }

    private static async Task AppendAsync(PostgreSqlEventStore store, string topic) =>
        await store.AppendAsync(topic, Payload("event"), null, null, CancellationToken.None).AsTask().OrTimeout();
}
