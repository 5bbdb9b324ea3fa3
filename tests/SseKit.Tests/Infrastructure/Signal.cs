namespace SseKit.Tests.Infrastructure;

/// <summary>An event that happens once in other code, and that a test waits for.</summary>
public sealed class Signal
{
    private readonly TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsSet => _set.Task.IsCompleted;

    public void Set() => _set.TrySetResult();

    /// <summary>For tests: fails after a time limit.</summary>
    public Task WaitAsync() => _set.Task.OrTimeout();

    /// <summary>For handlers: waits without a time limit.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _set.Task.WaitAsync(cancellationToken);
}
