using System.Diagnostics.CodeAnalysis;

namespace SseKit.Topics;

/// <summary>
/// Runs what changes the store, together with its announcement, as one task that no caller cancels (I2). The caller's token ends the caller's wait only. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "No wait handle of the semaphore is ever made.")]
internal sealed class SseStoreWork
{
    // Clients that post and leave while the store hangs would pile up their events (I8). Work whose caller has left counts until it is done.
    private const int MaxPending = 4096;

    private readonly SemaphoreSlim _room;

    public SseStoreWork(int maxPending = MaxPending) => _room = new SemaphoreSlim(maxPending);

    /// <summary>Begins the work, as soon as there is room for it, and waits for its end. If the token fires before the work has begun, it never begins.</summary>
    public ValueTask<TResult> RunAsync<TState, TResult>(
        TState state, Func<TState, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        if (_room.CurrentCount == 0)
        {
            return RunWhenThereIsRoomAsync(state, work, cancellationToken);
        }

        // A store that completes at once, as the one in memory does, pays for none of this.
        ValueTask<TResult> running = work(state);
        return running.IsCompleted ? running : WaitAsync(HoldRoomAsync(running, _room.Wait(0, CancellationToken.None)), cancellationToken);
    }

    private async ValueTask<TResult> RunWhenThereIsRoomAsync<TState, TResult>(
        TState state, Func<TState, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        return await WaitAsync(HoldRoomAsync(work(state), hasRoom: true), cancellationToken);
    }

    private async Task<TResult> HoldRoomAsync<TResult>(ValueTask<TResult> running, bool hasRoom)
    {
        try
        {
            return await running;
        }
        finally
        {
            if (hasRoom)
            {
                _room.Release();
            }
        }
    }

    private static ValueTask<TResult> WaitAsync<TResult>(Task<TResult> running, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return new ValueTask<TResult>(running);
        }

        // If the caller has left, a failure has no observer.
        _ = running.ContinueWith(
            static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return new ValueTask<TResult>(running.WaitAsync(cancellationToken));
    }
}
