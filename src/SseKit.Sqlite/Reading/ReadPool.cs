using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;

namespace SseKit.Sqlite.Reading;

/// <summary>Runs reads on threads of the pool, a few at once. Thread-safe.</summary>
internal sealed class ReadPool(DatabaseFile file, SseSqliteEventStoreOptions options, TimeProvider time) : IDisposable
{
    // SQLite blocks the thread that reads. No number of followers takes more threads (I8).
    private const int MaxReaders = 4;

    private readonly ConcurrentStack<ReadSession> _idle = [];
    private readonly SemaphoreSlim _lane = new(MaxReaders);
    private volatile bool _disposed;

    public async ValueTask<T> ReadAsync<T>(Func<ReadSession, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);

        // The lane must become free also if the caller's synchronization context is blocked.
        await _lane.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Read(read), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _lane.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryPop(out ReadSession? session))
        {
            session.Dispose();
        }
    }

    private T Read<T>(Func<ReadSession, T> read)
    {
        if (!_idle.TryPop(out ReadSession? session))
        {
            session = new ReadSession(file.OpenReader(), file.Prepare(), options, time);
        }

        try
        {
            T result = read(session);
            _idle.Push(session);
            session = null;
            return result;
        }
        catch (SqliteException exception)
        {
            throw StoreErrors.Of(exception, file.Path);
        }
        finally
        {
            // A connection that failed is closed, and the next read opens another.
            session?.Dispose();
            if (_disposed)
            {
                Dispose();
            }
        }
    }
}
