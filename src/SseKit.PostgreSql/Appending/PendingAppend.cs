namespace SseKit.PostgreSql;

/// <summary>A request that waits to be appended to its topic.</summary>
internal sealed class PendingAppend(SseAppendRequest request)
{
    private readonly TaskCompletionSource<SseAppendResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SseAppendRequest Request { get; } = request;

    public byte[]? Key { get; } = request.IdempotencyKey is null ? null : TopicKey.Encode(request.IdempotencyKey);

    /// <summary>Whether the caller's wait has ended.</summary>
    public bool IsAbandoned => _completion.Task.IsCompleted;

    public async ValueTask<SseAppendResult> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (append, token) => ((PendingAppend)append!)._completion.TrySetCanceled(token), this);
        return await _completion.Task;
    }

    public void Complete(SseAppendResult result) => _completion.TrySetResult(result);

    public void Fail(Exception exception) => _completion.TrySetException(exception);
}
