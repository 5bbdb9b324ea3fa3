using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;
using SseKit.Endpoints.Authentication;
using SseKit.Endpoints.Serving;

namespace SseKit.Interception;

/// <summary>Transports a stream whose bytes other code formats.</summary>
/// <remarks>Examples are the framework's own result, a hand-written loop and a proxied upstream.</remarks>
internal sealed class InterceptedStream : IStreamTransport
{
    private readonly HttpContext _context;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly ConnectionSettings _settings;
    private bool _opensBeforeFirstByte;

    public InterceptedStream(
        HttpContext context,
        StreamRuntime runtime,
        IHttpResponseBodyFeature body,
        IHttpRequestLifetimeFeature lifetime,
        CancellationTokenSource? ended)
    {
        _context = context;
        _body = body;
        _lifetime = lifetime;
        EndpointSettings settings = EndpointSettings.Of(context, runtime);
        _settings = settings.Connection;
        Connection = new StreamConnection(
            runtime, _settings, this, settings.LimitKey(context), lifetime.RequestAborted, ended);
    }

    public StreamConnection Connection { get; }

    public string? Route => EndpointSettings.RouteOf(_context);

    public bool IsDetached => _context.Features.Get<IDetachedRun>() is not null;

    public bool HasStarted => _context.Response.HasStarted;

    public ClientInfo Client => StreamRequest.ClientOf(_context, _settings.Options);

    public DateTimeOffset? SignInExpiry => SignIn.ExpiryOf(_context, _settings.Options, Connection.Runtime.Time);

    public IReadOnlyList<string> Topics => [];

    public bool Drains => !HttpMethods.IsGet(_context.Request.Method) && !IsDetached;

    public Reconnecting Reconnecting => StreamRequest.ReconnectingOf(_context.Request);

    /// <summary>Sends the headers before the first byte.</summary>
    /// <returns>False if the stream was rejected.</returns>
    public ValueTask<bool> TryOpenAsync()
    {
        _opensBeforeFirstByte = true;
        return Connection.Output.TryOpenAsync();
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (Connection.IsOpen || await TryOpenAsync())
        {
            await Connection.Output.FlushAsync(cancellationToken);
        }
    }

    async ValueTask<PipeWriter?> IStreamTransport.StartAsync()
    {
        StreamHeaders.Complete(_context.Response);
        RequestFeatures.MarkLongRunning(_context);
        RequestFeatures.OptOut(_context);
        SocketDeadline.Apply(_context, _settings.Options);
        EndpointSettings settings = EndpointSettings.Of(_context, Connection.Runtime);
        settings.WarnOfBuffer(_body, Connection.Runtime, Route);
        _body.DisableBuffering();

        // The app's OnStarting callbacks run here, and may throw.
        await _body.StartAsync(CancellationToken.None);
        if (HttpMethods.IsHead(_context.Request.Method))
        {
            return null;
        }

        if (!IsDetached)
        {
            Revalidation.StartIfRequested(_context, Connection, settings.RevalidationFailures);
        }

        PipeWriter pipe = _body.Writer;
        if (_opensBeforeFirstByte && HttpMethods.IsGet(_context.Request.Method) && !IsDetached)
        {
            _settings.WritePreamble(pipe);
        }
        else if (_opensBeforeFirstByte)
        {
            await StreamHeaders.FlushAsync(_body);
        }

        return pipe;
    }

    ValueTask IStreamTransport.RefuseAsync(TimeSpan retry) => RejectedResponse.WriteAsync(
        _context, _body, retry, new ResponseDeadline(_lifetime, Connection));

    void IStreamTransport.AnswerComplete() =>
        throw new UnreachableException("Only a stream that follows topics can be complete before it starts.");

    void IStreamTransport.Abort() => _lifetime.Abort();
}
