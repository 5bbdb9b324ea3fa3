using Microsoft.Extensions.Logging.Abstractions;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

public sealed class PostgreSqlEventStoreSpecification : SharedEventStoreSpecification
{
    private readonly SsePostgreSqlEventStoreOptions _options = new()
    {
        Schema = TestSchema.Next(),
        MaxAge = TimeSpan.FromDays(1),

        // Polling is disabled in effect: the tests receive changes by notification.
        PollInterval = TimeSpan.FromHours(1),
    };

    private PostgreSqlServer? _server;

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

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(Open());

    protected override async ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store)
    {
        await DisposeAsync(store);
        return Open();
    }

    protected override ValueTask<ISseEventStore> OpenForAnotherServerAsync(ISseEventStore store) =>
        ValueTask.FromResult<ISseEventStore>(Open());

    // The update makes the events as old as time would.
    protected override async ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence)
    {
        string schema = SsePostgreSqlSchema.Quote(_options.Schema);
        string name = Convert.ToHexString(TopicKey.Encode(topic));
        await Server.ExecuteAsync($"""
            update {schema}.events set created_at = created_at - interval '2 days'
            where sequence <= {throughSequence} and topic = (select id from {schema}.topics where name = '\x{name}');
            update {schema}.topics set oldest_at = oldest_at - interval '2 days' where name = '\x{name}' and oldest <= {throughSequence}
            """);
        await ((PostgreSqlEventStore)store).Upkeep.SweepAsync(TimeLimit);
    }

    private PostgreSqlEventStore Open() => new(
        DataSource.Own(Server.ConnectionString), _options, TimeProvider.System, NullLogger.Instance);
}
