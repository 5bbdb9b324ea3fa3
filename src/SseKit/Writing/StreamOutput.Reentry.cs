namespace SseKit.Writing;

/// <summary>
/// Refuses writes by code of the app that runs inside the write lock: OnStarting callbacks while the stream opens, filters of event
/// types, metric listeners. If such code writes to the same stream and waits, it waits for itself.
/// </summary>
internal sealed partial class StreamOutput
{
    // Flows into the asynchronous callbacks of the opening. Set once for each stream.
    private static readonly AsyncLocal<StreamOutput?> Opening = new();

    // The thread that runs synchronous code of the app; 0 if there is none.
    private int _threadInOtherCode;

    private void EnterOtherCode() => Volatile.Write(ref _threadInOtherCode, Environment.CurrentManagedThreadId);

    private void LeaveOtherCode() => Volatile.Write(ref _threadInOtherCode, 0);

    // Called only by writes that have to wait, or that open the stream.
    private ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        ThrowIfInsideWrite();
        return _lock.EnterAsync(cancellationToken);
    }

    private void ThrowIfInsideWrite()
    {
        if (Volatile.Read(ref _threadInOtherCode) == Environment.CurrentManagedThreadId
            || (Opening.Value == this && Volatile.Read(ref _stage) == (int)Stage.Opening))
        {
            throw new InvalidOperationException(
                "This write or completion is inside another write to the same event stream, by an OnStarting callback, a filter of event "
                + "types or a metric listener, and would wait for itself. Write after that code has returned.");
        }
    }
}
