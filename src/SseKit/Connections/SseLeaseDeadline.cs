namespace SseKit.Connections;

/// <summary>Ends a call to the lease store that takes longer than its answer is worth.</summary>
internal static class SseLeaseDeadline
{
    public static async Task<TResult> CallAsync<TResult>(
        Func<CancellationToken, ValueTask<TResult>> call, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await call(ended.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The lease store did not answer within {deadline}.", exception);
        }
    }
}
