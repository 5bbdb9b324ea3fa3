using System.Diagnostics.CodeAnalysis;

namespace SseKit.Writing;

/// <summary>
/// Lets one caller in at a time, the others in their order. Nearly always nobody else is there, and then entering and leaving cost one
/// interlocked operation each: a SemaphoreSlim alone costs more than the event that is written behind it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose AvailableWaitHandle is never asked for holds nothing to dispose.")]
internal sealed class WriteLock
{
    // Hands the gate from one caller to the next; never says that it is free. Made when somebody has to wait: most gates never need it.
    private SemaphoreSlim? _turns;

    // The caller inside, and those who wait.
    private int _claims;

    private SemaphoreSlim Turns => LazyInitializer.EnsureInitialized(ref _turns, static () => new SemaphoreSlim(0));

    public bool IsFree => Volatile.Read(ref _claims) == 0;

    public bool TryEnter() => Interlocked.CompareExchange(ref _claims, 1, 0) == 0;

    public ValueTask EnterAsync(CancellationToken cancellationToken) =>
        Interlocked.Increment(ref _claims) == 1 ? ValueTask.CompletedTask : WaitForTurnAsync(cancellationToken);

    /// <summary>False where the gate has not become free in time.</summary>
    public async ValueTask<bool> TryEnterAsync(TimeSpan patience)
    {
        if (TryEnter())
        {
            return true;
        }

        using var impatience = new CancellationTokenSource(patience);
        try
        {
            await EnterAsync(impatience.Token);
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
        // As long as there is another claim, its owner is inside or gets the next turn, and nobody misses this one.
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

        // The last one inside has left the gate to this claim. Its turn is there, or about to be, and is passed on.
        await Turns.WaitAsync(CancellationToken.None);
        Exit();
    }
}
