using Microsoft.Extensions.Logging.Abstractions;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

public sealed class PostgreSqlLeaseSpecification : LeaseStoreSpecification
{
    private readonly SsePostgreSqlEventStoreOptions _options = new() { Schema = TestSchema.Next() };

    private PostgreSqlServer? _server;

    public override async Task InitializeAsync()
    {
        _server = await PostgreSqlServer.SharedAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _server!.ExecuteAsync($"drop schema {SsePostgreSqlSchema.Quote(_options.Schema)} cascade");
    }

    protected override ValueTask<ISseLeaseStore> CreateStoreAsync() => ValueTask.FromResult<ISseLeaseStore>(Open());

    protected override ValueTask<ISseLeaseStore> OpenForAnotherServerAsync(ISseLeaseStore store) =>
        ValueTask.FromResult<ISseLeaseStore>(Open());

    private PostgreSqlEventStore Open() => new(
        DataSource.Own(_server!.ConnectionString), _options, TimeProvider.System, NullLogger.Instance);
}
