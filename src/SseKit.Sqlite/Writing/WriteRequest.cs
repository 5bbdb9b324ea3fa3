namespace SseKit.Sqlite.Writing;

/// <summary>A change that waits for the writer, and becomes part of its next transaction.</summary>
internal abstract class WriteRequest
{
    /// <summary>The number of its events; 1 for another change.</summary>
    public abstract int Events { get; }

    /// <summary>Whether the caller no longer waits for it.</summary>
    public abstract bool IsAbandoned { get; }

    /// <summary>Makes the change. What it throws for a reason of its own has changed nothing, and concerns no other request.</summary>
    public abstract void Apply(WriteTransaction transaction);

    /// <summary>Returns the result to the caller, after the commit.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception exception);
}

/// <inheritdoc/>
internal sealed class WriteRequest<T>(Func<WriteTransaction, T> change, int events) : WriteRequest
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _refusal;

    public override int Events => events;

    public override bool IsAbandoned => _completion.Task.IsCompleted;

    public async ValueTask<T> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (request, token) => ((WriteRequest<T>)request!)._completion.TrySetCanceled(token), this);
        return await _completion.Task;
    }

    public override void Apply(WriteTransaction transaction)
    {
        try
        {
            _result = change(transaction);
        }
        catch (Exception exception) when (exception is SseTopicCompletedException or SseStaleEpochException)
        {
            _refusal = exception;
        }
    }

    public override void Complete()
    {
        if (_refusal is null)
        {
            _completion.TrySetResult(_result!);
        }
        else
        {
            Fail(_refusal);
        }
    }

    public override void Fail(Exception exception)
    {
        _completion.TrySetException(exception);

        // The caller may have left.
        _ = _completion.Task.Exception;
    }
}
