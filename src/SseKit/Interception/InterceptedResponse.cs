using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace SseKit.Interception;

/// <summary>
/// Stands in for a response's body and for the request's lifetime until the first byte shows what the response is. A stream is
/// written through its connection from then on; everything else goes straight to the server.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer, and its registration is disposed when the request ends.")]
internal sealed class InterceptedResponse(HttpContext context, StreamRuntime runtime)
    : StreamFeatures(context, runtime), IResponseInterception
{
    private CancellationTokenSource? _ended;
    private CancellationTokenRegistration _aborted;
    private InterceptedBody? _stream;
    private InterceptedPipeWriter? _writer;
    private SilentOpening? _silence;
    private IResponseInterception? _outer;
    private volatile bool _decided;

    /// <summary>Null as long as the response is not known to be a stream, and if it is none.</summary>
    public InterceptedStream? Foreign { get; private set; }

    public override StreamConnection? Connection => Foreign?.Connection;

    public override Stream Stream => IsKnownToBeOrdinary() ? Body.Stream : _stream ??= new InterceptedBody(this, Body);

    public override PipeWriter Writer => IsKnownToBeOrdinary() ? Body.Writer : _writer ??= new InterceptedPipeWriter(this, Body.Writer);

    public bool AllowsBlockingWrites => Context.Features.Get<IHttpBodyControlFeature>()?.AllowSynchronousIO ?? true;

    protected override CancellationToken Token => Connection?.Ended ?? (_ended ?? LinkToRequest()).Token;

    /// <summary>Whether it may still turn out to be a stream.</summary>
    public bool IsUndecided => !_decided;

    /// <summary>The watch over this request, or null where nobody watches.</summary>
    public static InterceptedResponse? Of(HttpContext context) => context.Features.Get<IResponseInterception>() as InterceptedResponse;

    /// <summary>Watches the response to a request while it is handled.</summary>
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

    /// <summary>Leaves the response to an endpoint that turned out to write through SseKit.</summary>
    public void StepAside()
    {
        if (_silence is null)
        {
            _decided = true;
            return;
        }

        lock (_silence.Gate)
        {
            _decided = true;
        }
    }

    /// <summary>A response that is no stream when its handler has returned becomes none later (I9).</summary>
    public override void OnHandlerReturned()
    {
        StepAside();
        _silence?.Cancel();
    }

    /// <summary>Decides, at the first byte, whether the response is a stream.</summary>
    public bool IsStream()
    {
        if (!_decided)
        {
            Decide();
        }

        return Foreign is not null;
    }

    /// <summary>Opens the stream if its code has written nothing yet.</summary>
    public void OpenSilent()
    {
        try
        {
            if (!_decided && IsStream())
            {
                Observe(Foreign!.TryOpenAsync());
            }
        }
        catch (Exception)
        {
            // The key of the endpoint's limit, which is the app's code. The first write will fail in the same way.
        }
    }

    public override Task FlushRestAsync() => _writer?.FlushRestAsync() ?? Task.CompletedTask;

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
            OpenSilent();
            return;
        }

        // Other code may have headers to set yet, or answer 202, as MCP servers do. So its stream opens with its first byte or flush, or after a silence.
        RequestFeatures.OptOut(Context);
        TimeSpan interval = EndpointSettings.Of(Context, Runtime).Connection.Options.HeartbeatInterval;
        if (_silence is null && interval != Timeout.InfiniteTimeSpan)
        {
            _silence = new SilentOpening(this, Runtime, interval);
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken = default) =>
        IsStream() ? Foreign!.TryOpenAsync().AsTask() : Body.StartAsync(cancellationToken);

    public override Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        // A file's bytes go past this class, so nothing may be put between them.
        StepAside();
        return base.SendFileAsync(path, offset, count, cancellationToken);
    }

    private bool MayBecomeStream() => LooksLikeStream(Context.Response) && !KeepsItselfAlive();

    private void Decide()
    {
        if (_silence is null)
        {
            DecideLocked();
            return;
        }

        lock (_silence.Gate)
        {
            if (!_decided)
            {
                DecideLocked();
            }
        }
    }

    private void DecideLocked()
    {
        if (MayBecomeStream())
        {
            Foreign = new InterceptedStream(Context, Runtime, Body, Lifetime, _ended);

            // From now on the connection alone fires the token, so that its reason is known before the token's callbacks run.
            _aborted.Dispose();
            EndIfTokenHasFired();
        }

        // After the limit's key, which may throw: a write that comes again asks again.
        _decided = true;
    }

    private static bool LooksLikeStream(HttpResponse response) =>
        !response.HasStarted
        && response.StatusCode == StatusCodes.Status200OK
        && StreamHeaders.IsEventStream(response.ContentType)

        // Heartbeats would take the place of bytes that were counted. A response of known length is no open-ended stream.
        && response.ContentLength is null
        && IsPlain(response.Headers);

    // SignalR's transport has a keep-alive of its own, and its clients before 9.0 take a comment in front of its first frame for a broken one.
    // Looked up at the first byte, because the middleware may stand before routing.
    private bool KeepsItselfAlive() => Context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is not null;

    // Heartbeats in the middle of compressed bytes would destroy them.
    private static bool IsPlain(IHeaderDictionary headers) =>
        headers.ContentEncoding.Count == 0 || string.Equals(headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase);

    // The gate is held until the headers are out, so whoever writes next waits for them and hears of a failure.
    private static async void Observe(ValueTask<bool> opening)
    {
        try
        {
            await opening;
        }
        catch (Exception)
        {
            // The first write will fail in the same way, where the app can see it.
        }
    }

    private bool IsKnownToBeOrdinary() => _decided
        ? Foreign is null
        : Context.Response.ContentType is { } contentType && !StreamHeaders.IsEventStream(contentType);

    // Made only for those who ask for the token. Most requests never do.
    private CancellationTokenSource LinkToRequest()
    {
        _ended = new CancellationTokenSource();
        _aborted = Lifetime.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _ended);
        return _ended;
    }
}
