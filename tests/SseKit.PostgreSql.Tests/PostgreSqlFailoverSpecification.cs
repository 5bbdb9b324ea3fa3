using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>The database gets the state of a promoted standby: another timeline, without the last transactions.</summary>
public sealed class PostgreSqlFailoverSpecification : FailoverEventStoreSpecification
{
    private readonly SsePostgreSqlEventStoreOptions _options = new() { Schema = TestSchema.Next(), PollInterval = TimeSpan.FromHours(1) };
    private PostgreSqlServer? _server;
    private int _timeline = 1;

    private PostgreSqlServer Server => _server!;

    public override async Task InitializeAsync()
    {
        _server = await PostgreSqlServer.SharedAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.ExecuteAsync($"drop schema {SsePostgreSqlSchema.Quote(_options.Schema)} cascade");
    }

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(new PostgreSqlEventStore(
        DataSource.Own(Server.ConnectionString), _options, TimeProvider.System, NullLogger.Instance));

    protected override async ValueTask FailOverAsync(ISseEventStore store, IReadOnlyDictionary<string, int> losses)
    {
        string schema = SsePostgreSqlSchema.Quote(_options.Schema);
        await Server.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"create or replace function {schema}.timeline() returns integer language sql volatile as 'select {++_timeline}'"));
        foreach ((string topic, int lost) in losses)
        {
            string name = $"name = '\\x{Convert.ToHexString(TopicKey.Encode(topic))}'";

            // The standby has not received these rows. So no trigger runs.
            await Server.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
                set session_replication_role = replica;
                update {schema}.topics set head = head - {lost}, completion = 0 where {name};
                delete from {schema}.events e using {schema}.topics t where t.{name} and e.topic = t.id and e.sequence > t.head;
                delete from {schema}.topics where {name} and head = 0
                """));
        }
    }
}
