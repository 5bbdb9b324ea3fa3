using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>
/// Stands in for a response's body and for the request's lifetime until the first byte shows what the response is. A stream is
/// written through its connection from then on; everything else goes straight to the server.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer, and its registration is disposed when the request ends.")]
internal sealed class SseWatchedResponse : IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IHttpResetFeature, ISseStreamSource
{
    private readonly HttpContext _context;
    private readonly SseRuntime _runtime;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly IHttpResetFeature? _reset;
    private CancellationTokenSource? _ended;
    private CancellationTokenRegistration _aborted;
    private CancellationToken? _replacedToken;
    private SseWatchedBody? _stream;
    private SseWatchedPipeWriter? _writer;
    private bool _decided;

    public SseWatchedResponse(HttpContext context, SseRuntime runtime)
    {
        _context = context;
        _runtime = runtime;
        _body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _reset = context.Features.Get<IHttpResetFeature>();
    }

    /// <summary>Null as long as the response is not known to be a stream, and where it is none.</summary>
    public SseForeignStream? Foreign { get; private set; }

    public SseConnection? Connection => Foreign?.Connection;

    // Whoever formats the bytes itself is through when its handler is.
    public SseFollower? Follower => null;

    public Stream Stream => IsKnownToBeOrdinary() ? _body.Stream : _stream ??= new SseWatchedBody(this, _body);

    public PipeWriter Writer => IsKnownToBeOrdinary() ? _body.Writer : _writer ??= new SseWatchedPipeWriter(this, _body.Writer);

    public bool AllowsBlockingWrites => _context.Features.Get<IHttpBodyControlFeature>()?.AllowSynchronousIO ?? true;

    public CancellationToken RequestAborted
    {
        get => _replacedToken ?? (_ended ?? LinkToRequest()).Token;
        set => _replacedToken = value;
    }

    /// <summary>Whether it may still turn out to be a stream.</summary>
    public bool IsUndecided => !_decided;

    // A proxy breaks off the response whose copying the stream's token cancelled. The stream has ended already, and the guard completes the response.
    private bool HasEndedByItself => Connection?.Reason is SseEndReason.Shutdown or SseEndReason.Lifetime;

    /// <summary>The watch over this request, or null where nobody watches.</summary>
    public static SseWatchedResponse? Of(HttpContext context) => context.Features.Get<IHttpRequestLifetimeFeature>() as SseWatchedResponse;

    /// <summary>Watches the response to a request while it is handled.</summary>
    public static Task RunAsync(HttpContext context, SseRuntime runtime, RequestDelegate next)
    {
        var response = new SseWatchedResponse(context, runtime);
        response.Install();
        return SseStreamGuard.RunAsync(context, response, runtime, next);
    }

    public void Uninstall()
    {
        _aborted.Dispose();
        _context.Features.Set(_body);
        _context.Features.Set(_lifetime);
        if (_reset is not null)
        {
            _context.Features.Set(_reset);
        }
    }

    /// <summary>Leaves the response to an endpoint that turned out to write through SseKit.</summary>
    public void StepAside() => _decided = true;

    /// <summary>Decides, at the first byte, whether the response is a stream.</summary>
    public bool IsStream()
    {
        if (!_decided)
        {
            _decided = true;
            if (LooksLikeStream(_context.Response) && !KeepsItselfAlive())
            {
                Foreign = new SseForeignStream(_context, _runtime, _body, _lifetime, _ended);

                // From now on the connection alone fires the token, so that its reason is known before anybody hears of the end.
                _aborted.Dispose();
            }
        }

        return Foreign is not null;
    }

    public Task FlushRestAsync() => _writer?.FlushRestAsync() ?? Task.CompletedTask;

    public void Abort()
    {
        if (!HasEndedByItself)
        {
            _lifetime.Abort();
        }
    }

    // On HTTP/2 and later, in place of Abort.
    public void Reset(int errorCode)
    {
        if (!HasEndedByItself)
        {
            _reset!.Reset(errorCode);
        }
    }

    public void DisableBuffering()
    {
        _body.DisableBuffering();

        // The framework's result gets here with all its headers set, and then waits for its first event. Other code may have headers
        // to set yet, so its stream opens with its first byte or flush.
        if (!_decided && SseResponseHeaders.AreOfFrameworkResult(_context.Response.Headers) && IsStream())
        {
            Observe(Foreign!.TryOpenAsync());
        }
    }

    public Task StartAsync(CancellationToken cancellationToken = default) =>
        IsStream() ? Foreign!.TryOpenAsync().AsTask() : _body.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        // A file's bytes go past this class, so nothing may be put between them.
        StepAside();
        return _body.SendFileAsync(path, offset, count, cancellationToken);
    }

    public async Task CompleteAsync()
    {
        await FlushRestAsync();
        Connection?.End(SseEndReason.Completed);
        await _body.CompleteAsync();
    }

    private void Install()
    {
        _context.Features.Set<IHttpResponseBodyFeature>(this);
        _context.Features.Set<IHttpRequestLifetimeFeature>(this);
        if (_reset is not null)
        {
            _context.Features.Set<IHttpResetFeature>(this);
        }
    }

    private static bool LooksLikeStream(HttpResponse response) =>
        !response.HasStarted
        && response.StatusCode == StatusCodes.Status200OK
        && SseResponseHeaders.IsEventStream(response.ContentType)
        && IsPlain(response.Headers);

    // SignalR's transport has a keep-alive of its own, and its clients before 9.0 take a comment in front of its first frame for a broken one.
    // Looked up at the first byte, because the middleware may stand before routing.
    private bool KeepsItselfAlive() => _context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is not null;

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
        : _context.Response.ContentType is { } contentType && !SseResponseHeaders.IsEventStream(contentType);

    // Made only for those who ask for the token. Most requests never do.
    private CancellationTokenSource LinkToRequest()
    {
        _ended = new CancellationTokenSource();
        _aborted = _lifetime.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _ended);
        return _ended;
    }
}
