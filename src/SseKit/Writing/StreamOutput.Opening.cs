using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SseKit.Writing;

/// <summary>Opens the stream before its first byte, or on request.</summary>
internal sealed partial class StreamOutput
{
    /// <summary>Starts the stream if it has not started; false if it was refused or has ended.</summary>
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
                _lock.Exit();
            }
        }

        if (!opens || !isOpen)
        {
            return isOpen;
        }

        // A client may not read even the first bytes, so their flush has a deadline like every other.
        await (FlushEntered(always: true) is { } flushing ? AwaitFlushAsync(flushing, CancellationToken.None) : Task.CompletedTask);
        return _failure is null ? true : throw Failed();
    }

    /// <summary>Waits for an opening in progress. Its OnStarting callbacks are the app's and may take any time, as in every response.</summary>
    public async ValueTask OpenedAsync()
    {
        if (_isOpening)
        {
            await EnterAsync(CancellationToken.None);
            _lock.Exit();
        }
    }

    private async ValueTask<bool> TryOpenLockedAsync()
    {
        // Called also if the stream ended before it began: its owner may have to send an answer to the client.
        // But not after the response is over (I9).
        if (_pipe is null && !_openRequested && !_closed)
        {
            Debug.Assert(_owner is not null, "Only a stream with an owner opens later than its construction.");
            _openRequested = true;
            _isOpening = true;
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
                _isOpening = false;
            }
        }

        // Thrown to later callers too: the caller that opened the stream may not be able to report it.
        OpeningFailure?.Throw();

        return !_ended;
    }
}
