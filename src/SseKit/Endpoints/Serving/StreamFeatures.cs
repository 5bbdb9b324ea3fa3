using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;
using SseKit.Topics.Following;

namespace SseKit.Endpoints.Serving;

/// <summary>Replaces the features by which other code can end a response: the body, the lifetime and, on HTTP/2, the reset.</summary>
/// <remarks>
/// Every completion, abort and reset thus reaches the stream's connection first, and so does a token that replaces the request's (I9).
/// </remarks>
internal abstract class StreamFeatures : IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IHttpResetFeature
{
    private readonly IHttpResetFeature? _reset;
    private TaskCompletionSource<StreamEnd>? _end;
    private CancellationTokenRegistration _replaced;
    private CancellationToken? _replacedToken;
    private ResponseBody? _stream;
    private ResponsePipeWriter? _writer;
    private Task? _completing;
    private ExceptionDispatchInfo? _completionFailure;

    protected StreamFeatures(HttpContext context, StreamRuntime runtime)
    {
        Context = context;
        Runtime = runtime;
        Body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _reset = context.Features.Get<IHttpResetFeature>();
    }

    /// <summary>Gets the stream's connection; null as long as the response is not known to be a stream.</summary>
    public abstract StreamConnection? Connection { get; }

    /// <summary>Gets the follower that continues the stream after the handler has returned; null if there is none.</summary>
    public virtual Follower? Follower => null;

    public StreamRuntime Runtime { get; }

    public CancellationToken RequestAborted
    {
        get => _replacedToken ?? Token;
        set => ReplaceToken(value);
    }

    public virtual Stream Stream => _stream ??= new ResponseBody(this, Body);

    public virtual PipeWriter Writer => _writer ??= new ResponsePipeWriter(this, Body.Writer);

    /// <summary>Gets the writer if it has bytes that the next write or flush must pass on first; otherwise null.</summary>
    public ResponsePipeWriter? Unflushed => _writer is { HasCollected: true } ? _writer : null;

    public bool AllowsBlockingWrites => Context.Features.Get<IHttpBodyControlFeature>()?.AllowSynchronousIO ?? true;

    protected HttpContext Context { get; }

    /// <summary>Gets the body feature that this one replaces.</summary>
    protected IHttpResponseBodyFeature Body { get; }

    protected IHttpRequestLifetimeFeature Lifetime { get; }

    // MapSse intercepts a handler that returns a result, so one request has two of these.
    private StreamFeatures? Outer => Lifetime as StreamFeatures;

    /// <summary>Gets the token of the request, unless other code replaces it.</summary>
    protected abstract CancellationToken Token { get; }

    public virtual void Install()
    {
        Context.Features.Set<IHttpResponseBodyFeature>(this);
        Context.Features.Set<IHttpRequestLifetimeFeature>(this);
        if (_reset is not null)
        {
            Context.Features.Set<IHttpResetFeature>(this);
        }
    }

    public virtual void Uninstall()
    {
        _replaced.Dispose();
        Connection?.Leave();
        Context.Features.Set(Body);
        Context.Features.Set(Lifetime);
        if (_reset is not null)
        {
            Context.Features.Set(_reset);
        }
    }

    /// <summary>Waits for an opening that the handler has not waited for, and throws its failure if no response has started.</summary>
    /// <remarks>Nothing opens the stream later (I9), and a failure has an observer, as in every response.</remarks>
    public virtual async ValueTask OnHandlerReturnedAsync()
    {
        if (Connection is { Output: var output })
        {
            await output.OpenedAsync();
            if (!Context.Response.HasStarted)
            {
                output.OpeningFailure?.Throw();
            }
        }
    }

    /// <summary>Returns whether bytes that other code writes belong to the stream; otherwise they go to the server.</summary>
    public abstract bool IsStream();

    /// <summary>Returns whether unflushed bytes may belong to a stream.</summary>
    /// <remarks>Unlike <see cref="IsStream"/>, it decides nothing if the response may become a stream.</remarks>
    public virtual bool MayBeStream() => IsStream();

    /// <summary>Flushes the stream for other code.</summary>
    public virtual ValueTask FlushStreamAsync(CancellationToken cancellationToken) => Connection!.Output.FlushAsync(cancellationToken);

    /// <summary>Sends bytes that were written but not flushed, as the server does at the end of every response.</summary>
    public async ValueTask FlushRestAsync()
    {
        if (Unflushed is { } unflushed)
        {
            await unflushed.FlushAsync();
        }
    }

    /// <summary>Ends the stream: writes the final frame, then completes or aborts the response.</summary>
    /// <remarks>Only the first call does so. Later calls wait for it.</remarks>
    /// <param name="failure">The handler's exception, if the stream ends because of it; otherwise null.</param>
    /// <returns>How the stream has ended.</returns>
    public async Task<StreamEnd> EndAsync(Exception? failure)
    {
        var end = new TaskCompletionSource<StreamEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _end, end, null) is { } first)
        {
            await first.Task;
            return StreamEnd.Earlier;
        }

        StreamEnd how = StreamEnd.Broken;
        try
        {
            how = await StreamEnding.RunAsync(Context, Connection!, Body, Lifetime, failure);
            if (Connection!.FailureIsReported)
            {
                Context.Features.Get<IDetachedRun>()?.OnFailureReported();
            }
        }
        finally
        {
            end.SetResult(how);
        }

        return how;
    }

    public void Abort()
    {
        if (!HasEnded())
        {
            Lifetime.Abort();
        }
    }

    public void Reset(int errorCode)
    {
        if (!HasEnded())
        {
            _reset!.Reset(errorCode);
        }
    }

    public Task CompleteAsync() => CompleteAsync(failure: null);

    /// <summary>Completes the response for other code, which ends the stream as the handler's return or failure does.</summary>
    /// <param name="failure">The exception with which other code completes the response; null if the response is complete.</param>
    public async Task CompleteAsync(Exception? failure)
    {
        if (failure is null)
        {
            await FlushRestAsync();
        }

        await (Connection?.Output.OpenedAsync() ?? Task.CompletedTask);
        if (Connection is { IsOpen: true } connection)
        {
            if (failure is not null)
            {
                connection.End(EndReason.Failed);
            }

            await EndAsync(failure);
        }
        else if (failure is null)
        {
            await Body.CompleteAsync();
        }
        else
        {
            // Error handlers can still answer, so the request fails with it.
            _completionFailure = ExceptionDispatchInfo.Capture(failure);
        }
    }

    /// <summary>Starts to complete the response, for callers that cannot wait.</summary>
    /// <remarks>The request waits in <see cref="CompletedAsync"/>.</remarks>
    /// <param name="failure">The exception with which other code completes the response; null if the response is complete.</param>
    public void BeginComplete(Exception? failure)
    {
        _completing ??= CompleteAsync(failure);
        _ = ObserveAsync(_completing);
    }

    /// <summary>Waits for a completion that was started, and throws its exception.</summary>
    public async Task CompletedAsync()
    {
        await (_completing ?? Task.CompletedTask);
        _completionFailure?.Throw();
    }

    public virtual void DisableBuffering() => Body.DisableBuffering();

    public virtual Task StartAsync(CancellationToken cancellationToken = default) => Body.StartAsync(cancellationToken);

    public virtual async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        if (!IsStream())
        {
            await Body.SendFileAsync(path, offset, count, cancellationToken);
            return;
        }

        await FlushRestAsync();
        await SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);
    }

    /// <summary>Ends the stream if the token that replaces the request's has fired.</summary>
    /// <remarks>
    /// The token's callbacks run one after the other, those of a handler before the stream's. The token may also have fired before the
    /// response was known to be a stream.
    /// </remarks>
    public void EndIfTokenHasFired()
    {
        if (_replacedToken is { IsCancellationRequested: true })
        {
            EndWithToken();
        }
    }

    // If the handler throws, no other code observes this task.
    private static async Task ObserveAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // A proxy, for example, aborts a response if the stream's token cancels the copying. After a clean end, as at shutdown, the abort is
    // ignored, and the response is still completed.
    private bool HasEnded()
    {
        Connection?.End(EndReason.Aborted);
        return Connection?.Reason
            is EndReason.Shutdown or EndReason.Lifetime or EndReason.Cancelled or EndReason.Disconnected or EndReason.Unauthorized;
    }

    // Writers use the token that they receive; items and followers use the connection's. So the connection ends with the replacing token.
    private void ReplaceToken(CancellationToken token)
    {
        _replaced.Dispose();
        for (StreamFeatures? features = this; features is not null; features = features.Outer)
        {
            features._replacedToken = token;
        }

        _replaced = token.UnsafeRegister(static features => ((StreamFeatures)features!).EndWithToken(), this);
    }

    // The outer features first: if they own the stream, its reason must be set before this connection's token stops the handler.
    private void EndWithToken()
    {
        Outer?.EndWithToken();
        Connection?.End(EndReason.Cancelled);
    }
}
