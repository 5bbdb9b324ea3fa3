using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Sqlite.Files;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

public sealed class SqliteLeaseSpecification : LeaseStoreSpecification
{
    private readonly TemporaryDirectory _directory = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    protected override ValueTask<ISseLeaseStore> CreateStoreAsync() => ValueTask.FromResult<ISseLeaseStore>(Open());

    protected override ValueTask<ISseLeaseStore> OpenForAnotherServerAsync(ISseLeaseStore store) =>
        ValueTask.FromResult<ISseLeaseStore>(Open());

    private SqliteEventStore Open()
    {
        var options = new SseSqliteEventStoreOptions();
        return new SqliteEventStore(
            new DatabaseFile("events.db", _directory.Path, options), options, TimeProvider.System, NullLogger.Instance);
    }
}
