namespace SseKit.PostgreSql;

/// <summary>An event that waits to be appended to a topic.</summary>
internal sealed class PendingAppend(ReadOnlyMemory<byte> payload, byte[]? key, string? expectedEpoch)
{
    private readonly TaskCompletionSource<SseAppendResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> Payload { get; } = payload;

    public byte[]? Key { get; } = key;

    public string? ExpectedEpoch { get; } = expectedEpoch;

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
