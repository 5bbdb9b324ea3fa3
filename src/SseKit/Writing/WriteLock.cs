using System.Diagnostics.CodeAnalysis;

namespace SseKit.Writing;

/// <summary>
/// Admits one caller at a time, in order of arrival. Without contention, the usual case, entering and leaving cost one interlocked
/// operation each. A SemaphoreSlim alone costs more than the event that is written under the lock.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose AvailableWaitHandle is never used holds nothing to dispose.")]
internal sealed class WriteLock
{
    // Passes the lock from one caller to the next; it does not count a free lock. Created at the first wait: most locks never need it.
    private SemaphoreSlim? _turns;

    // The caller that holds the lock, and the callers that wait.
    private int _claims;

    private SemaphoreSlim Turns => LazyInitializer.EnsureInitialized(ref _turns, static () => new SemaphoreSlim(0));

    public bool IsFree => Volatile.Read(ref _claims) == 0;

    public bool TryEnter() => Interlocked.CompareExchange(ref _claims, 1, 0) == 0;

    public ValueTask EnterAsync(CancellationToken cancellationToken) =>
        Interlocked.Increment(ref _claims) == 1 ? ValueTask.CompletedTask : WaitForTurnAsync(cancellationToken);

    /// <summary>Enters the lock; false if it did not become free within the timeout.</summary>
    public async ValueTask<bool> TryEnterAsync(TimeSpan timeout)
    {
        if (TryEnter())
        {
            return true;
        }

        using var timedOut = new CancellationTokenSource(timeout);
        return await TryEnterAsync(timedOut.Token);
    }

    /// <summary>Enters the lock; false if it did not become free before the deadline.</summary>
    public async ValueTask<bool> TryEnterAsync(CancellationToken deadline)
    {
        try
        {
            await EnterAsync(deadline);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Exit()
    {
        if (Interlocked.Decrement(ref _claims) > 0)
        {
            Turns.Release();
        }
    }

    private async ValueTask WaitForTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Turns.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await WithdrawAsync();
            throw;
        }
    }

    private async ValueTask WithdrawAsync()
    {
        // While another claim exists, its owner holds the lock or gets the next turn, so this claim can be withdrawn.
        int claims = Volatile.Read(ref _claims);
        while (claims > 1)
        {
            int seen = Interlocked.CompareExchange(ref _claims, claims - 1, claims);
            if (seen == claims)
            {
                return;
            }

            claims = seen;
        }

        // The last holder has passed the lock to this claim. Its turn is released, or about to be, and is passed on.
        await Turns.WaitAsync(CancellationToken.None);
        Exit();
    }
}
