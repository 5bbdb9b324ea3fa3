using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Connections;
using SseKit.Protocol;

namespace SseKit.Http;

/// <summary>The response of an endpoint that writes through SseKit: its headers, its writer and its token.</summary>
internal sealed class SseHttpStream : ISseTransport, ISseStreamSource
{
    private readonly HttpContext _context;
    private readonly SseConnectionSettings _settings;
    private SseEventWriter? _writer;

    public SseHttpStream(HttpContext context, SseRuntime runtime, SseEndpointSettings settings)
    {
        _context = context;
        _settings = settings.Connection;
        Connection = new SseConnection(runtime, settings.Connection, this, settings.LimitKey(context), context.RequestAborted);
    }

    public SseConnection Connection { get; }

    public SseOptions Options => _settings.Options;

    public SseEventWriter Writer => _writer ??=
        new SseEventWriter(Connection.Output, JsonOptionsOf(_context), SseRequest.LastEventId(_context.Request));

    public string? Route => SseEndpointSettings.RouteOf(_context);

    public bool IsDetached => _context.Features.Get<SseReplayRun>() is not null;

    public bool ClientReconnects => HttpMethods.IsGet(_context.Request.Method);

    private IHttpResponseBodyFeature Body => _context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();

    public static SseHttpStream Of(HttpContext context) => context.Features.Get<SseHttpStream>()
        ?? throw new InvalidOperationException(
            $"{nameof(SseEventWriter)} binds in minimal-API endpoints only. Map this one with MapSse, or with MapGet and a handler that takes the writer as a parameter.");

    /// <summary>Sends the headers. False where there is nothing to write to: HEAD, a refused connection, a client that has left.</summary>
    public ValueTask<bool> TryOpenAsync() => Connection.Output.TryOpenAsync();

    /// <summary>Answers HEAD with the headers alone. True where that was all, and a handler that yields need not run.</summary>
    public async ValueTask<bool> TryAnswerHeadAsync() => HttpMethods.IsHead(_context.Request.Method) && !await TryOpenAsync();

    // The writer flushes every event itself.
    Task ISseStreamSource.FlushRestAsync() => Task.CompletedTask;

    async ValueTask<PipeWriter?> ISseTransport.StartAsync()
    {
        HttpResponse response = _context.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("The response has started already, so it cannot become an event stream.");
        }

        SseResponseHeaders.Set(response);
        SseRequestFeatures.MarkLongRunning(_context);
        SseRequestFeatures.OptOut(_context);
        Body.DisableBuffering();
        if (HttpMethods.IsHead(_context.Request.Method))
        {
            await response.StartAsync(CancellationToken.None);
            return null;
        }

        PipeWriter pipe = response.BodyWriter;
        if (HttpMethods.IsGet(_context.Request.Method))
        {
            pipe.Write(_settings.Preamble.Span);
        }

        await pipe.FlushAsync(CancellationToken.None);
        return pipe;
    }

    ValueTask ISseTransport.RefuseAsync(TimeSpan retry) => SseRefusedResponse.WriteAsync(_context, Body, retry);

    void ISseTransport.Abort() => _context.Abort();

    private static JsonSerializerOptions JsonOptionsOf(HttpContext context) =>
        context.RequestServices.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? SseJsonDefaults.Options;
}
