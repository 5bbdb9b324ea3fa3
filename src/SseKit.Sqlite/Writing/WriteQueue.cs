using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Files;

namespace SseKit.Sqlite.Writing;

/// <summary>
/// The one writer of this process: a thread that commits all waiting requests in one transaction, with one flush of the disk. Thread-safe.
/// </summary>
internal sealed partial class WriteQueue : IDisposable
{
    // A transaction holds the file's write lock and the memory of its pages (I8).
    private const int MaxEvents = 1024;

    private readonly DatabaseFile _file;
    private readonly ForeignChanges _foreign;
    private readonly Func<SqliteConnection, WriteSession> _open;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Queue<WriteRequest> _waiting = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private Thread? _thread;
    private bool _stopping;
    private WriteSession? _session;
    private bool _isFailing;

    public WriteQueue(DatabaseFile file, ForeignChanges foreign, Func<SqliteConnection, WriteSession> open, ILogger logger)
    {
        _file = file;
        _foreign = foreign;
        _open = open;
        _logger = logger;
    }

    /// <summary>Makes a change in the next transaction. The token ends the wait; a change that has begun continues.</summary>
    public ValueTask<T> RunAsync<T>(Func<WriteTransaction, T> change, CancellationToken cancellationToken) =>
        RunAsync(change, events: 1, cancellationToken);

    /// <param name="change">The change.</param>
    /// <param name="events">The number of events that it appends.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<T> RunAsync<T>(Func<WriteTransaction, T> change, int events, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        var request = new WriteRequest<T>(change, events);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            _waiting.Enqueue(request);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "SseKit.Sqlite writer" };

                // The thread belongs to the process, not to the request that starts it. (I11)
                _thread.UnsafeStart();
            }

            if (_waiting.Count == 1)
            {
                _arrived.Release();
            }
        }

        return request.WaitAsync(cancellationToken);
    }

    /// <summary>Commits what waits, and closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
        }

        _arrived.Release();
        _thread?.Join();
    }

    private void Run()
    {
        var batch = new List<WriteRequest>();
        bool isLast;
        do
        {
            _arrived.Wait();

            // Read before the queue is emptied: a request that arrives later is refused.
            isLast = Volatile.Read(ref _stopping);
            while (TryTake(batch))
            {
                Commit(batch);
            }
        }
        while (!isLast);
        CloseSession();
    }

    private bool TryTake(List<WriteRequest> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            for (int events = 0; events < MaxEvents && _waiting.TryDequeue(out WriteRequest? request);)
            {
                if (!request.IsAbandoned)
                {
                    batch.Add(request);
                    events += request.Events;
                }
            }

            return batch.Count > 0 || _waiting.Count > 0;
        }
    }

    private void Commit(List<WriteRequest> batch)
    {
        try
        {
            _session ??= _open(_file.OpenWriter());
            WriteTransaction transaction = _session.Begin();
            foreach (WriteRequest request in batch)
            {
                request.Apply(transaction);
            }

            _session.Commit(transaction);
            if (_isFailing)
            {
                _isFailing = false;
                Log.Recovered(_logger, _file.Path);
            }
        }
        catch (Exception exception)
        {
            Fail(batch, exception is SqliteException error ? StoreErrors.Of(error, _file.Path) : exception);
            return;
        }

        foreach (WriteRequest request in batch)
        {
            request.Complete();
        }

        _foreign.Announce();
    }

    // A new connection has no statement, transaction or page of the failure.
    private void Fail(List<WriteRequest> batch, Exception exception)
    {
        CloseSession();
        if (!_isFailing)
        {
            _isFailing = true;
            Log.Failed(_logger, _file.Path, exception);
        }

        foreach (WriteRequest request in batch)
        {
            request.Fail(exception);
        }
    }

    private void CloseSession()
    {
        try
        {
            _session?.Dispose();
        }
        catch (SqliteException)
        {
            // The disk that failed fails again.
        }

        _session = null;
    }

    private static partial class Log
    {
        [LoggerMessage(
            SqliteLogEvents.WriteFailed, LogLevel.Error,
            "Failed to write to the SQLite event store {Path}; publishes fail until a write succeeds.")]
        public static partial void Failed(ILogger logger, string path, Exception exception);

        [LoggerMessage(SqliteLogEvents.WriteRecovered, LogLevel.Information, "Writing to the SQLite event store {Path} works again.")]
        public static partial void Recovered(ILogger logger, string path);
    }
}
