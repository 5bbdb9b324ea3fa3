namespace SseKit.Writing;

/// <summary>
/// Code of the app that runs inside the write lock: OnStarting callbacks while the stream opens, filters of event types, metric listeners. If it
/// writes to the same stream and waits, it waits for itself, so such a write is refused.
/// </summary>
internal sealed partial class StreamOutput
{
    // Flows into the asynchronous callbacks of the opening. Set once for each stream.
    private static readonly AsyncLocal<StreamOutput?> Opening = new();

    // The thread inside synchronous code of the app; 0 if there is none.
    private int _threadInOtherCode;

    private void EnterOtherCode() => Volatile.Write(ref _threadInOtherCode, Environment.CurrentManagedThreadId);

    private void LeaveOtherCode() => Volatile.Write(ref _threadInOtherCode, 0);

    // Only callers that have to wait, or that open the stream, ask.
    private ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _threadInOtherCode) == Environment.CurrentManagedThreadId || (Opening.Value == this && IsOpening))
        {
            throw new InvalidOperationException(
                "This write is inside another write to the same event stream, by an OnStarting callback, a filter of event types or a metric listener, "
                + "and would wait for itself. Write after that code has returned.");
        }

        return _gate.EnterAsync(cancellationToken);
    }

    private bool IsOpening => _askedToOpen && _pipe is null && !_ended;
}
