using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Endpoints.Serving;

namespace SseKit.Replay;

/// <summary>
/// The response of a run. Its first byte, or its end, shows whether it is a stream, whose bytes go to the topic. Any other response goes to
/// the client that started the run.
/// </summary>
internal sealed class ReplayResponse : IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly TaskCompletionSource<bool> _isStream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe _pipe = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _onStarting = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _onCompleted = new();
    private readonly DecidingWriter _writer;
    private Stream? _stream;
    private Task? _startedEarly;
    private int _decided;

    public ReplayResponse()
    {
        _writer = new DecidingWriter(this, _pipe.Writer);
        Answer = new RunAnswer(this);
    }

    /// <summary>Completes when that is known: true for a stream.</summary>
    public Task<bool> IsStream => _isStream.Task;

    /// <summary>Gets the response if it is no stream.</summary>
    public RunAnswer Answer { get; }

    /// <summary>Gets the failure that broke the response off; null if there is none. Set before its last byte is read.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    /// <summary>Whether the handler has completed the response, so that a later failure breaks nothing off.</summary>
    public bool IsComplete { get; private set; }

    public bool IsKnownStream => IsStream is { IsCompletedSuccessfully: true, Result: true };

    /// <summary>The bytes that the handler writes.</summary>
    public PipeReader Reader => _pipe.Reader;

    /// <summary>The status and headers for followers; null if it is no stream, or not known yet.</summary>
    public RunHead? Head { get; private set; }

    public int StatusCode
    {
        get;
        set
        {
            ThrowIfStarted();
            field = value;
        }
    }
        = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public Stream Body
    {
        get => Stream;
        set => throw new NotSupportedException("Replace the body by IHttpResponseBodyFeature.");
    }

    public bool HasStarted { get; private set; }

    public Stream Stream => _stream ??= _writer.AsStream();

    public PipeWriter Writer => _writer;

    // Those of success that have a body.
    private bool HasStreamStatus =>
        StatusCode is >= 200 and <= 299 and not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent);

    public void OnStarting(Func<object, Task> callback, object state)
    {
        ThrowIfStarted();
        _onStarting.Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => _onCompleted.Push((callback, state));

    public void DisableBuffering()
    {
        // The framework's result calls this with all its headers set, and then waits for its first event. Its clients need not wait.
        if (!HasStarted && StreamHeaders.AreOfFrameworkResult(Headers))
        {
            _startedEarly = StartAsync();
            _ = ObserveAsync(_startedEarly);
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_startedEarly is { } started)
        {
            await started;
        }

        if (HasStarted)
        {
            return;
        }

        while (_onStarting.TryPop(out (Func<object, Task> Callback, object State) starting))
        {
            await starting.Callback(starting.State);
        }

        // Compressed bytes cannot be cut into events.
        bool isStream = HasStreamStatus && StreamHeaders.IsEventStream(Headers.ContentType) && StreamHeaders.ArePlain(Headers);
        RunHead? head = isStream ? RunHead.Of(StatusCode, Headers) : null;
        HasStarted = true;

        // As on a server: a header that comes too late would be lost without a word.
        Headers = new HeaderDictionary(Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)) { IsReadOnly = true };
        if (TryDecide())
        {
            Head = head;
            _isStream.SetResult(isStream);
        }
    }

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken);
        await SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);
    }

    public async Task CompleteAsync()
    {
        await StartAsync();
        await _pipe.Writer.CompleteAsync();
        IsComplete = true;
    }

    /// <summary>Completes the response after the handler has returned, so that its kind is known.</summary>
    /// <param name="failure">The exception of the handler or of a callback of its response; null if there was none.</param>
    public async Task FinishAsync(Exception? failure)
    {
        Failure = failure is null ? null : ExceptionDispatchInfo.Capture(failure);

        // Without the failure, which would discard the bytes that were written before it.
        await _pipe.Writer.CompleteAsync();

        // A handler that failed before its first byte has no response but its failure.
        if (failure is not null)
        {
            Fail(failure);
        }
    }

    /// <summary>Runs the callbacks of the response's end, as a server does: one that throws does not prevent the others.</summary>
    /// <param name="failed">Called for each that throws.</param>
    public async Task RunCompletedCallbacksAsync(Action<Exception> failed)
    {
        while (_onCompleted.TryPop(out (Func<object, Task> Callback, object State) completed))
        {
            try
            {
                await completed.Callback(completed.State);
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }
    }

    /// <summary>Waits for a client until it is known whether the response is a stream.</summary>
    /// <param name="isStarter">Whether its request began the run. It gets the failure of the run; the others may begin another one.</param>
    /// <param name="aborted">The client's token.</param>
    public async Task<bool> IsStreamForAsync(bool isStarter, CancellationToken aborted)
    {
        try
        {
            return await IsStream.WaitAsync(aborted);
        }
        catch (Exception) when (!aborted.IsCancellationRequested)
        {
            if (!isStarter)
            {
                return false;
            }

            Answer.FailureIsReceived = true;
            throw;
        }
    }

    /// <summary>
    /// Lets the clients that wait for the first byte follow the topic, because it has ended. Does nothing if the kind of the response is
    /// known already.
    /// </summary>
    public void ShowStream() => Decide(true);

    /// <summary>Gives a client of the stream its status and headers.</summary>
    /// <param name="response">The client's response.</param>
    /// <param name="isStarter">Whether the client's request began the run.</param>
    public void CopyHeadTo(HttpResponse response, bool isStarter)
    {
        if (Head is null)
        {
            // The topic has ended before the response started.
            return;
        }

        if (isStarter)
        {
            RunHeaders.CopyToStarter(StatusCode, Headers, response);
        }
        else
        {
            Head.CopyTo(response);
        }
    }

    /// <summary>The run was not needed.</summary>
    public void Withdraw() => Decide(false);

    // Later calls await the same task and get its failure. The handler may make no call for long, and its client need not wait for one.
    private async Task ObserveAsync(Task started)
    {
        try
        {
            await started;
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    // The head, the end of the topic and the failure come from different threads. The first of them is what clients see.
    private bool TryDecide() => Interlocked.Exchange(ref _decided, 1) == 0;

    private void Decide(bool isStream)
    {
        if (TryDecide())
        {
            Answer.Drop();
            _isStream.SetResult(isStream);
        }
    }

    private void Fail(Exception exception)
    {
        if (TryDecide())
        {
            Answer.Drop();
            _isStream.SetException(exception);
        }
    }

    private void ThrowIfStarted()
    {
        if (HasStarted)
        {
            throw new InvalidOperationException(
                "The response of the run has already started, so its status and headers cannot change any more.");
        }
    }

    private sealed class DecidingWriter(ReplayResponse response, PipeWriter inner) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            await response.StartAsync(cancellationToken);
            return await inner.FlushAsync(cancellationToken);
        }
    }
}
