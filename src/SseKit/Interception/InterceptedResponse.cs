using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace SseKit.Interception;

/// <summary>Replaces a response's body and the request's lifetime until the first byte shows whether the response is a stream.</summary>
/// <remarks>A stream is written through its connection from then on. Any other response goes straight to the server.</remarks>
[SuppressMessage(
    "Design", "CA1001", Justification = "The token source has no timer, and its registration is disposed when the request ends.")]
internal sealed class InterceptedResponse(HttpContext context, StreamRuntime runtime)
    : StreamFeatures(context, runtime), IResponseInterception
{
    // Guards the decision: a silent opening and concurrent writes may make it at once.
    private readonly Lock _gate = new();
    private CancellationTokenSource? _ended;
    private CancellationTokenRegistration _aborted;
    private SilentOpening? _opening;
    private Task? _idleOpening;
    private IResponseInterception? _outer;
    private volatile bool _decided;

    /// <summary>Gets the intercepted stream; null if the response is no stream, or not yet known to be one.</summary>
    public InterceptedStream? InterceptedStream { get; private set; }

    public override StreamConnection? Connection => InterceptedStream?.Connection;

    public override Stream Stream => IsKnownToBeOrdinary() ? Body.Stream : base.Stream;

    public override PipeWriter Writer => IsKnownToBeOrdinary() ? Body.Writer : base.Writer;

    protected override CancellationToken Token => Connection?.Ended
        ?? _ended?.Token
        ?? Locked(static response => response.Connection?.Ended ?? response.LinkToRequest().Token);

    /// <summary>Gets whether the response may still become a stream.</summary>
    public bool IsUndecided => !_decided;

    /// <summary>Returns the interception of a request; null if there is none.</summary>
    public static InterceptedResponse? Of(HttpContext context) => context.Features.Get<IResponseInterception>() as InterceptedResponse;

    /// <summary>Intercepts the response to a request while the request is handled.</summary>
    public static Task RunAsync(HttpContext context, StreamRuntime runtime, RequestDelegate next) =>
        StreamGuard.RunAsync(context, new InterceptedResponse(context, runtime), next);

    public override void Install()
    {
        base.Install();
        _outer = Context.Features.Get<IResponseInterception>();
        Context.Features.Set<IResponseInterception>(this);
    }

    public override void Uninstall()
    {
        Context.Features.Set(_outer);
        _aborted.Dispose();
        base.Uninstall();
    }

    /// <summary>Ends the interception, because an endpoint writes the response through SseKit.</summary>
    public void StepAside() => Locked(static response => response._decided = true);

    /// <summary>Ends the interception: a response that is no stream when its handler has returned cannot become one later (I9).</summary>
    public override async ValueTask OnHandlerReturnedAsync()
    {
        DecideAtLast();
        _opening?.Cancel();
        if (_idleOpening is { } opening)
        {
            // Its failure is the response's, unless a later attempt has started the response.
            await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsFaulted && !Context.Response.HasStarted)
            {
                await opening;
            }
        }

        await base.OnHandlerReturnedAsync();
    }

    /// <summary>Decides, at the first byte, whether the response is a stream.</summary>
    public override bool IsStream()
    {
        if (!_decided)
        {
            Locked(static response => response._decided || response.DecideLocked());
        }

        return InterceptedStream is not null;
    }

    public override bool MayBeStream() => (!_decided && MayBecomeStream()) || IsStream();

    /// <summary>Opens the stream if its code has written nothing yet. The request waits for it when its handler has returned.</summary>
    public void OpenIdle()
    {
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Locked(response => !response._decided && (response._idleOpening ??= opening.Task) == opening.Task))
        {
            _ = OpenIdleAsync(opening);
        }
    }

    public override ValueTask FlushStreamAsync(CancellationToken cancellationToken) => InterceptedStream!.FlushAsync(cancellationToken);

    public override void DisableBuffering()
    {
        base.DisableBuffering();

        if (_decided || !MayBecomeStream())
        {
            return;
        }

        // The framework's result gets here with all its headers set, and then waits for its first event.
        if (StreamHeaders.AreOfFrameworkResult(Context.Response.Headers))
        {
            OpenIdle();
            return;
        }

        // Other code may still set headers, or answer 202, as MCP servers do. So its stream opens with its first byte or flush, or after
        // one heartbeat interval.
        RequestFeatures.OptOut(Context);
        TimeSpan interval = EndpointSettings.Of(Context, Runtime).Connection.Options.HeartbeatInterval;
        if (_opening is null && interval != Timeout.InfiniteTimeSpan)
        {
            _opening = new SilentOpening(this, Runtime.Schedule);
            _opening.Start(Runtime.Time, interval);
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken = default) =>
        IsStream() ? InterceptedStream!.TryOpenAsync().AsTask() : Body.StartAsync(cancellationToken);

    public override Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        // The server sends the file of an undecided response, so no frame may be written between its bytes.
        DecideAtLast();
        return base.SendFileAsync(path, offset, count, cancellationToken);
    }

    // Bytes that wait for a flush show what the response is.
    private void DecideAtLast()
    {
        if (Unflushed is not null)
        {
            IsStream();
        }

        StepAside();
    }

    private bool MayBecomeStream() => LooksLikeStream(Context.Response) && !KeepsItselfAlive();

    private async Task OpenIdleAsync(TaskCompletionSource opening)
    {
        try
        {
            // The key of the endpoint's limit and the OnStarting callbacks are app code and may throw.
            if (IsStream())
            {
                await InterceptedStream!.TryOpenAsync();
            }

            opening.SetResult();
        }
        catch (Exception exception)
        {
            opening.SetException(exception);
            _ = opening.Task.Exception;
        }
    }

    private T Locked<T>(Func<InterceptedResponse, T> work)
    {
        lock (_gate)
        {
            return work(this);
        }
    }

    private bool DecideLocked()
    {
        if (MayBecomeStream())
        {
            InterceptedStream = new InterceptedStream(Context, Runtime, Body, Lifetime, _ended);

            // From now on the connection alone fires the token, so that its reason is known before the token's callbacks run.
            // Not disposed, which would wait for callbacks of the app.
            _aborted.Unregister();
            HttpEventStream.Find(Context)?.Connection.ReplaceBy(InterceptedStream.Connection);
            _outer?.StepAside();
            EndIfTokenHasFired();
        }

        // Set after the limit's key, which may throw. A repeated write then decides again.
        return _decided = true;
    }

    private static bool LooksLikeStream(HttpResponse response) =>
        !response.HasStarted
        && response.StatusCode == StatusCodes.Status200OK
        && StreamHeaders.IsEventStream(response.ContentType)

        // Heartbeats would exceed the counted bytes. A response of known length is no open-ended stream.
        && response.ContentLength is null

        // Heartbeats in the middle of compressed bytes would destroy them.
        && StreamHeaders.ArePlain(response.Headers);

    // SignalR's transport has a keep-alive of its own. Its clients before 9.0 read a comment before the first frame as a broken frame.
    // Read at the first byte, because the middleware may run before routing.
    private bool KeepsItselfAlive() => Context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is not null;

    private bool IsKnownToBeOrdinary() => Unflushed is null && (_decided
        ? InterceptedStream is null
        : Context.Response.ContentType is { } contentType && !StreamHeaders.IsEventStream(contentType));

    // Created only if the token is read. Most requests never read it.
    private CancellationTokenSource LinkToRequest()
    {
        if (_ended is { } linked)
        {
            return linked;
        }

        _ended = new CancellationTokenSource();
        _aborted = Lifetime.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _ended);
        return _ended;
    }
}
