using System.Diagnostics.CodeAnalysis;

namespace SseKit.Topics;

/// <summary>
/// Runs a change of the store and its announcement as one task that no caller cancels (I2). The caller's token ends the caller's wait only.
/// Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "No wait handle of the semaphore is ever made.")]
internal sealed class StoreWork
{
    // If clients post and disconnect while the store hangs, their events would accumulate (I8). Work whose caller has left counts until it
    // is done.
    private const int MaxPending = 4096;

    private readonly SemaphoreSlim _room;

    public StoreWork(int maxPending = MaxPending) => _room = new SemaphoreSlim(maxPending);

    /// <summary>
    /// Whether work may begin now. It may then begin without <see cref="RunAsync"/>, and continue with <see cref="WaitAsync"/>.
    /// </summary>
    public bool HasRoom => _room.CurrentCount > 0;

    /// <summary>
    /// Begins the work as soon as the bound allows, and waits for its end. If the token fires before the work has begun, it never begins.
    /// </summary>
    public ValueTask<TResult> RunAsync<TState, TResult>(
        TState state, Func<TState, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        return HasRoom ? WaitAsync(work(state), cancellationToken) : RunWhenThereIsRoomAsync(state, work, cancellationToken);
    }

    /// <summary>Waits for the end of work that has begun.</summary>
    public ValueTask<TResult> WaitAsync<TResult>(ValueTask<TResult> running, CancellationToken cancellationToken) =>
        running.IsCompleted ? running : UntilAsync(HoldRoomAsync(running), cancellationToken);

    private async ValueTask<TResult> RunWhenThereIsRoomAsync<TState, TResult>(
        TState state, Func<TState, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        return await UntilAsync(RunInRoomAsync(state, work), cancellationToken);
    }

    private async Task<TResult> RunInRoomAsync<TState, TResult>(TState state, Func<TState, ValueTask<TResult>> work)
    {
        try
        {
            return await work(state);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<TResult> HoldRoomAsync<TResult>(ValueTask<TResult> running)
    {
        // Callers that began at the same moment may have reached the bound.
        bool hasRoom = _room.Wait(0, CancellationToken.None);
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

    private static ValueTask<TResult> UntilAsync<TResult>(Task<TResult> running, CancellationToken cancellationToken)
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
