using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SseKit.Writing;

/// <summary>How a stream opens: before its first byte, or when it is asked to.</summary>
internal sealed partial class StreamOutput
{
    /// <summary>Starts the stream, where that has not happened yet. False where there is nothing to write to: it was refused, or has ended.</summary>
    public async ValueTask<bool> TryOpenAsync()
    {
        await EnterAsync(CancellationToken.None);
        bool opens = _pipe is null;
        bool isOpen = false;
        try
        {
            isOpen = await TryOpenLockedAsync();
        }
        finally
        {
            if (!opens || !isOpen)
            {
                _gate.Exit();
            }
        }

        if (!opens || !isOpen)
        {
            return isOpen;
        }

        // A client may take not even the first bytes, so their flush has a deadline like all others.
        await (FlushEntered(always: true) is { } flushing ? AwaitFlushAsync(flushing, CancellationToken.None) : Task.CompletedTask);
        return _failure is null ? true : throw Failed();
    }

    private async ValueTask<bool> TryOpenLockedAsync()
    {
        // Asked also when the stream has ended before it began: its owner may have something to tell the client.
        // Not after the response is over, however (I9).
        if (_pipe is null && !_askedToOpen && !_closed)
        {
            Debug.Assert(_owner is not null, "Only an owned stream opens late.");
            _askedToOpen = true;
            Opening.Value = this;
            try
            {
                _pipe = await _owner.OpenAsync();
            }
            catch (Exception exception)
            {
                OpeningFailure = ExceptionDispatchInfo.Capture(exception);
                throw;
            }
            finally
            {
                _ended |= _pipe is null;
            }
        }

        // Also for who comes later: the one who opened may not be the one who can report it.
        OpeningFailure?.Throw();

        return !_ended;
    }
}
