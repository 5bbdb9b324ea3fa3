using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Two stores that share the file share nothing else, as two processes do.</summary>
public abstract class SqliteEventStoreSpecification(SseSqliteSynchronous synchronous) : SharedEventStoreSpecification
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly ShiftedTimeProvider _time = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(Open());

    protected override async ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store)
    {
        await DisposeAsync(store);
        return Open();
    }

    protected override ValueTask<ISseEventStore> OpenForAnotherServerAsync(ISseEventStore store) =>
        ValueTask.FromResult<ISseEventStore>(Open());

    // Readers get no expired events, whether they are deleted or not.
    protected override ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence)
    {
        _time.Advance(MaxAge);
        return ValueTask.CompletedTask;
    }

    private SqliteEventStore Open()
    {
        var options = new SseSqliteEventStoreOptions
        {
            Synchronous = synchronous,
            MaxAge = MaxAge,
            PollInterval = TimeSpan.FromMilliseconds(10),
        };
        return new SqliteEventStore(new DatabaseFile("events.db", _directory.Path, options), options, _time, NullLogger.Instance);
    }
}

/// <summary>The store with its default options.</summary>
public sealed class SqliteEventStoreFullSpecification() : SqliteEventStoreSpecification(SseSqliteSynchronous.Full);

/// <summary>The store that flushes the disk at checkpoints only.</summary>
public sealed class SqliteEventStoreNormalSpecification() : SqliteEventStoreSpecification(SseSqliteSynchronous.Normal);
