namespace SseKit.Tests.Infrastructure;

/// <summary>Something that happens once, somewhere else, and that a test waits for.</summary>
public sealed class Signal
{
    private readonly TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsSet => _set.Task.IsCompleted;

    public void Set() => _set.TrySetResult();

    /// <summary>For tests: fails when it does not come.</summary>
    public Task WaitAsync() => _set.Task.OrTimeout();

    /// <summary>For handlers: waits as long as it takes.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _set.Task.WaitAsync(cancellationToken);
}
