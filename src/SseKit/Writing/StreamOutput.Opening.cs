using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SseKit.Writing;

/// <summary>Opens the stream before its first byte, or on request.</summary>
internal sealed partial class StreamOutput
{
    // Decides between the opening and the end of the response, which may happen at the same time.
    private int _stage;
    private TaskCompletionSource? _opened;

    private enum Stage
    {
        Unopened,
        Opening,

        /// <summary>Open, or never to be opened.</summary>
        Decided,
    }

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

    /// <summary>
    /// Waits for an opening in progress. Its OnStarting callbacks are the app's and may take any time, as in every response.
    /// </summary>
    public Task OpenedAsync()
    {
        if (Volatile.Read(ref _stage) != (int)Stage.Opening)
        {
            return Task.CompletedTask;
        }

        ThrowIfInsideWrite();

        // Either the opening sees this source when it is over, or this method sees that it is over.
        TaskCompletionSource opened = LazyInitializer.EnsureInitialized(
            ref _opened, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return Volatile.Read(ref _stage) == (int)Stage.Opening ? opened.Task : Task.CompletedTask;
    }

    /// <summary>Prevents an opening from now on (I9), or waits for the one that has begun before.</summary>
    public Task SealAsync() =>
        TryMove(Stage.Unopened, Stage.Decided) ? Task.CompletedTask : OpenedAsync();

    private bool TryMove(Stage from, Stage to) => Interlocked.CompareExchange(ref _stage, (int)to, (int)from) == (int)from;

    private async ValueTask<bool> TryOpenLockedAsync()
    {
        // Called also if the stream ended before it began: its owner may have to send an answer to the client.
        if (_pipe is null && TryMove(Stage.Unopened, Stage.Opening))
        {
            Debug.Assert(_owner is not null, "Only a stream with an owner opens later than its construction.");
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
                Interlocked.Exchange(ref _stage, (int)Stage.Decided);
                Volatile.Read(ref _opened)?.TrySetResult();
            }
        }

        // The opening was rejected, has failed, or was prevented by the end of the response.
        _ended |= _pipe is null;

        // Thrown to later callers too: the caller that opened the stream may not be able to report it.
        OpeningFailure?.Throw();

        return !_ended;
    }
}
