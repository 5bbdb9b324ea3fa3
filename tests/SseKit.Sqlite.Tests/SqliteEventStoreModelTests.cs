using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Sqlite.Files;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Stores;

namespace SseKit.Sqlite.Tests;

/// <summary>Between any two steps the store may be closed and opened again.</summary>
public sealed class SqliteEventStoreModelTests : EventStoreModelTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<SqliteEventStore> _stores = [];
    private int _files;

    public void Dispose()
    {
        _stores.ForEach(store => store.Dispose());
        _directory.Delete();
    }

    private protected override ISseEventStore Create(TimeProvider time)
    {
        _files++;
        return Open(time);
    }

    private protected override async ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store, TimeProvider time)
    {
        await ((SqliteEventStore)store).DisposeAsync();
        return Open(time);
    }

    private SqliteEventStore Open(TimeProvider time)
    {
        var options = new SseSqliteEventStoreOptions
        {
            MaxEventsPerTopic = MaxEvents,
            MaxAge = MaxAge,
            Synchronous = SseSqliteSynchronous.Normal,
        };
        var store = new SqliteEventStore(new DatabaseFile($"{_files}.db", _directory.Path, options), options, time, NullLogger.Instance);
        _stores.Add(store);
        return store;
    }
}
