using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>An operator deletes rows, as tools do that empty a database between tests. Servers continue meanwhile.</summary>
public sealed class EmptiedTablesTests : PostgreSqlTest
{
    public static TheoryData<string> Statements =>
    [
        "truncate {0}.topics, {0}.events, {0}.dropped",
        "truncate {0}.topics, {0}.events, {0}.dropped, {0}.leases, {0}.upkeep, {0}.seeds restart identity",
        "truncate {0}.seeds, {0}.topics, {0}.events, {0}.upkeep restart identity",
        "delete from {0}.topics",
        "delete from {0}.events; delete from {0}.topics; delete from {0}.upkeep; delete from {0}.seeds",
        "delete from {0}.seeds; delete from {0}.topics",
    ];

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task A_topic_begins_another_log_after_its_row_was_deleted(string statements)
    {
        PostgreSqlEventStore store = OpenStore();
        SsePosition lost = await AppendAsync(store, 5);

        await Server.ExecuteAsync(string.Format(null, statements, QuotedSchema));
        SseReadStatus unused = (await store.ReadAsync("topic", lost, 100, CancellationToken.None)).Status;
        SsePosition latest = await AppendAsync(store, 7);

        Assert.Equal(SseReadStatus.Unknown, unused);
        Assert.Equal(7, latest.Sequence);
        Assert.Equal(SseReadStatus.Unknown, (await store.ReadAsync("topic", lost, 100, CancellationToken.None)).Status);
        await using PostgreSqlEventStore restarted = OpenStore();
        Assert.Equal(latest, (await restarted.GetStateAsync("topic", CancellationToken.None)).Latest);
    }

    [Fact]
    public async Task Upkeep_runs_after_its_row_was_deleted()
    {
        PostgreSqlEventStore store = OpenStore(options =>
        {
            options.MaxEventsPerTopic = 2;
            options.UpkeepInterval = TimeSpan.FromMilliseconds(100);
        });
        await AppendAsync(store, 1);
        await Server.ExecuteAsync($"delete from {QuotedSchema}.upkeep");

        await AppendAsync(store, 5);

        await TestTimeout.UntilAsync(async () =>
            (await store.GetStateAsync("topic", CancellationToken.None)).EarliestSequence == 5);
    }

    private static async Task<SsePosition> AppendAsync(PostgreSqlEventStore store, int count)
    {
        SsePosition latest = default;
        for (int i = 1; i <= count; i++)
        {
            latest = (await store.AppendAsync("topic", Payload($"{i}"), null, null, CancellationToken.None).AsTask().OrTimeout()).Position;
        }

        return latest;
    }
}
