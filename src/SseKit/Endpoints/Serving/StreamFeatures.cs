using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;
using SseKit.Topics.Following;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Takes the place of a request's features by which other code can end the response: its body, its lifetime and, on HTTP/2, its reset. So the connection
/// is the first to be told that the response is completed, aborted or reset, or that another token stands in for the request's (I9).
/// </summary>
internal abstract class StreamFeatures : IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IHttpResetFeature
{
    private readonly IHttpResetFeature? _reset;
    private TaskCompletionSource<StreamEnd>? _end;
    private CancellationTokenRegistration _replaced;
    private CancellationToken? _replacedToken;
    private CompletingPipeWriter? _writer;
    private Task? _completing;

    protected StreamFeatures(HttpContext context, StreamRuntime runtime)
    {
        Context = context;
        Runtime = runtime;
        Body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _reset = context.Features.Get<IHttpResetFeature>();
    }

    /// <summary>Null as long as the response is not known to be a stream.</summary>
    public abstract StreamConnection? Connection { get; }

    /// <summary>What goes on with the stream when the handler has returned; null if nothing does.</summary>
    public virtual Follower? Follower => null;

    public StreamRuntime Runtime { get; }

    public CancellationToken RequestAborted
    {
        get => _replacedToken ?? Token;
        set => ReplaceToken(value);
    }

    public virtual Stream Stream => Body.Stream;

    public virtual PipeWriter Writer => _writer ??= new CompletingPipeWriter(this, Body.Writer);

    protected HttpContext Context { get; }

    /// <summary>The features in front of which these stand.</summary>
    protected IHttpResponseBodyFeature Body { get; }

    protected IHttpRequestLifetimeFeature Lifetime { get; }

    // MapSse watches a handler that returns a result, so one request has two of these.
    private StreamFeatures? Outer => Lifetime as StreamFeatures;

    /// <summary>The request's token unless other code replaces it.</summary>
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

    /// <summary>The handler has returned or failed.</summary>
    public virtual void OnHandlerReturned()
    {
    }

    /// <summary>Sends what was written and not flushed, as the server does at the end of every response.</summary>
    public virtual Task FlushRestAsync() => Task.CompletedTask;

    /// <summary>Ends the stream: the last frames, then a response that is complete or broken. Only the first call does so; the others wait for it.</summary>
    /// <param name="failure">What the handler threw, if that is why the stream ends.</param>
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
            how = await StreamEnding.RunAsync(Connection!, Body, Lifetime, failure);
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

    /// <summary>Other code completes the response: that is the stream's end, as the handler's return would be.</summary>
    public async Task CompleteAsync()
    {
        await FlushRestAsync();
        if (Connection is { IsOpen: true })
        {
            await EndAsync(failure: null);
        }
        else
        {
            await Body.CompleteAsync();
        }
    }

    /// <summary>Completes the response for callers that cannot wait. The request waits in <see cref="CompletedAsync"/>.</summary>
    public void BeginComplete()
    {
        _completing ??= CompleteAsync();
        _ = ObserveAsync(_completing);
    }

    /// <summary>Waits for a completion that was begun, and throws what it has thrown.</summary>
    public Task CompletedAsync() => _completing ?? Task.CompletedTask;

    public virtual void DisableBuffering() => Body.DisableBuffering();

    public virtual Task StartAsync(CancellationToken cancellationToken = default) => Body.StartAsync(cancellationToken);

    public virtual Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        Body.SendFileAsync(path, offset, count, cancellationToken);

    /// <summary>The response has turned out to be a stream. The token that stands in for the request's may have fired before.</summary>
    protected void EndIfTokenHasFired()
    {
        if (_replacedToken is { IsCancellationRequested: true })
        {
            Connection?.End(EndReason.Cancelled);
        }
    }

    // A handler that throws has a failure of its own, and then nothing else looks at this one.
    private static async Task ObserveAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // A proxy, say, breaks off a response if the stream's token cancels the copying. If that was a clean end, as at a stop, the response stays to be completed.
    private bool HasEnded()
    {
        Connection?.End(EndReason.Aborted);
        return Connection?.Reason is EndReason.Shutdown or EndReason.Lifetime or EndReason.Cancelled;
    }

    // Writers use the token that they are given; items and followers use the connection's. So the connection ends with the token that replaces its own.
    private void ReplaceToken(CancellationToken token)
    {
        _replaced.Dispose();
        for (StreamFeatures? features = this; features is not null; features = features.Outer)
        {
            features._replacedToken = token;
        }

        _replaced = token.UnsafeRegister(static features => ((StreamFeatures)features!).EndWithToken(), this);
    }

    // The features behind these first: if the stream is theirs, its reason must be known before this connection's token stops the handler.
    private void EndWithToken()
    {
        Outer?.EndWithToken();
        Connection?.End(EndReason.Cancelled);
    }
}
