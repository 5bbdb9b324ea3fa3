using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;
using SseKit.Protocol;

namespace SseKit.Http;

/// <summary>A stream whose bytes somebody else formats, such as the framework's own result, a loop written by hand or a proxied upstream.</summary>
internal sealed class SseForeignStream : ISseTransport
{
    private readonly HttpContext _context;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly SseConnectionSettings _settings;
    private readonly SseFrameScanner _scanner = new();
    private bool _opensBeforeFirstByte;

    public SseForeignStream(
        HttpContext context, SseRuntime runtime, IHttpResponseBodyFeature body, IHttpRequestLifetimeFeature lifetime, CancellationTokenSource? ended)
    {
        _context = context;
        _body = body;
        _lifetime = lifetime;
        SseEndpointSettings settings = SseEndpointSettings.Of(context, runtime);
        _settings = settings.Connection;
        Connection = new SseConnection(
            runtime, _settings, this, settings.LimitKey(context), lifetime.RequestAborted, _scanner, ended);
    }

    public SseConnection Connection { get; }

    public string? Route => SseEndpointSettings.RouteOf(_context);

    public bool IsDetached => _context.Features.Get<SseReplayRun>() is not null;

    public bool HasStarted => _context.Response.HasStarted;

    public bool ClientReconnects => HttpMethods.IsGet(_context.Request.Method);

    /// <summary>Sends the headers before the first byte. False where the stream was refused.</summary>
    public ValueTask<bool> TryOpenAsync()
    {
        _opensBeforeFirstByte = true;
        return Connection.Output.TryOpenAsync();
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Connection.Output.WriteAsync(new SseForeignBytes(_scanner, bytes), flush: true, cancellationToken);

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (Connection.IsOpen || await TryOpenAsync())
        {
            await Connection.Output.FlushAsync(cancellationToken);
        }
    }

    async ValueTask<PipeWriter?> ISseTransport.StartAsync()
    {
        SseResponseHeaders.Complete(_context.Response);
        SseRequestFeatures.MarkLongRunning(_context);
        SseRequestFeatures.OptOut(_context);
        SseSocketDeadline.Apply(_context, _settings.Options);
        SseEndpointSettings.Of(_context, Connection.Runtime).WarnOfBuffer(_body, Connection.Runtime, Route);
        _body.DisableBuffering();

        // The app's OnStarting callbacks run here, and may throw.
        await _body.StartAsync(CancellationToken.None);
        if (HttpMethods.IsHead(_context.Request.Method))
        {
            return null;
        }

        PipeWriter pipe = _body.Writer;
        if (_opensBeforeFirstByte && HttpMethods.IsGet(_context.Request.Method) && !IsDetached)
        {
            _settings.WritePreamble(pipe);
        }
        else if (_opensBeforeFirstByte)
        {
            await SseResponseHeaders.FlushAsync(_body);
        }

        return pipe;
    }

    ValueTask ISseTransport.RefuseAsync(TimeSpan retry) => SseRefusedResponse.WriteAsync(
        _context, _body, retry, new SseResponseDeadline(_lifetime, _settings.Options, Connection.Runtime));

    void ISseTransport.AnswerComplete() => throw new UnreachableException("Only what follows topics is complete before it begins.");

    void ISseTransport.Abort() => _lifetime.Abort();
}
