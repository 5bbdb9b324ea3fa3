namespace SseKit.PostgreSql;

/// <summary>
/// Shares one read among concurrent callers with the same key: a thousand followers of a topic that wake together read it once or twice.
/// A caller never joins a read that has begun, because the result must contain everything appended before the call. A read without
/// remaining callers is cancelled. Thread-safe.
/// </summary>
/// <param name="read">Reads from the database.</param>
/// <param name="lane">Limits concurrent reads, so that connections do not grow with followers (I8).</param>
/// <param name="stopping">Ends the reads.</param>
internal sealed class SharedReads<TKey, TResult>(
    Func<TKey, CancellationToken, Task<TResult>> read, SemaphoreSlim lane, CancellationToken stopping)
    where TKey : notnull
{
    private readonly Lock _gate = new();

    // The next read of each key that has a reader.
    private readonly Dictionary<TKey, SharedRead> _next = [];

    public async Task<TResult> ReadAsync(TKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SharedRead? shared;
        lock (_gate)
        {
            if (!_next.TryGetValue(key, out shared))
            {
                shared = new SharedRead();
                _next.Add(key, shared);
                BackgroundWork.Start(() => RunReadsAsync(key));
            }

            shared.Callers++;
        }

        try
        {
            return await shared.Completion.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Leave(shared);
            throw;
        }
    }

    // One read of a key runs at a time. Callers that arrive meanwhile join the next one.
    private async Task RunReadsAsync(TKey key)
    {
        while (HasCallers(key))
        {
            await lane.WaitAsync(CancellationToken.None);
            try
            {
                if (TryBegin(key) is { } shared)
                {
                    await RunReadsAsync(key, shared);
                }
            }
            finally
            {
                lane.Release();
            }
        }
    }

    private async Task RunReadsAsync(TKey key, SharedRead shared)
    {
        try
        {
            shared.Completion.SetResult(await read(key, shared.Reading!.Token));
        }
        catch (Exception exception)
        {
            shared.Completion.SetException(exception);
        }
        finally
        {
            lock (_gate)
            {
                shared.Reading!.Dispose();
                shared.Reading = null;
            }
        }
    }

    private bool HasCallers(TKey key)
    {
        lock (_gate)
        {
            return _next[key].Callers > 0 || !_next.Remove(key);
        }
    }

    // Returns null if all callers have been cancelled.
    private SharedRead? TryBegin(TKey key)
    {
        lock (_gate)
        {
            SharedRead shared = _next[key];
            if (shared.Callers == 0)
            {
                return null;
            }

            _next[key] = new SharedRead();
            shared.Reading = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            return shared;
        }
    }

    private void Leave(SharedRead shared)
    {
        lock (_gate)
        {
            if (--shared.Callers == 0)
            {
                // No caller joins a read that has begun.
                _ = shared.Reading?.CancelAsync();
            }
        }
    }

    private sealed class SharedRead
    {
        public SharedRead()
        {
            // All callers may have been cancelled before the read fails.
            _ = Completion.Task.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        public TaskCompletionSource<TResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Callers { get; set; }

        public CancellationTokenSource? Reading { get; set; }
    }
}
