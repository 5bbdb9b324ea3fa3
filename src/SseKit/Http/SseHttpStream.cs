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
using SseKit.Topics;

namespace SseKit.Http;

/// <summary>
/// The response of an endpoint that writes through SseKit: its headers, its writer and its token. It stands in for the request's lifetime, so that
/// everything on the request listens to the stream's token; that is also where it is found.
/// </summary>
internal sealed class SseHttpStream : ISseTransport, ISseStreamSource, IHttpRequestLifetimeFeature
{
    private readonly HttpContext _context;
    private readonly IServiceProvider _services;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private SseEventWriter? _writer;
    private bool _isPlain;

    /// <param name="context">The request.</param>
    /// <param name="runtime">What the app's connections share.</param>
    /// <param name="settings">The endpoint's settings.</param>
    /// <param name="services">The app's services. The request's own would come into being by being asked for.</param>
    public SseHttpStream(HttpContext context, SseRuntime runtime, SseEndpointSettings settings, IServiceProvider services)
    {
        _context = context;
        _services = services;
        _lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        Connection = new SseConnection(runtime, settings.Connection, this, settings.LimitKey(context), _lifetime.RequestAborted);
        RequestAborted = Connection.Ended;
    }

    public SseConnection Connection { get; }

    public SseFollower? Follower { get; private set; }

    public CancellationToken RequestAborted { get; set; }

    public SseEventWriter Writer => _writer ??=
        new SseEventWriter(Connection.Output, JsonOptionsOf(_services), SseRequest.LastEventId(_context.Request));

    public string? Route => SseEndpointSettings.RouteOf(_context);

    public bool IsDetached => _context.Features.Get<SseReplayRun>() is not null;

    // Whoever knows no ids cannot go on where it stopped: to such a client, too, a clean end says "finished".
    public bool ClientReconnects => HttpMethods.IsGet(_context.Request.Method) && !_isPlain;

    private IHttpResponseBodyFeature Body => _context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();

    /// <summary>The request's stream, or null where its endpoint is not run by SseKit.</summary>
    public static SseHttpStream? Find(HttpContext context) => context.Features.Get<IHttpRequestLifetimeFeature>() as SseHttpStream;

    public static SseHttpStream Of(HttpContext context) => Find(context)
        ?? throw new InvalidOperationException(
            $"{nameof(SseEventWriter)} binds in minimal-API endpoints only. Map this one with MapSse, or with MapGet and a handler that takes the writer as a parameter.");

    public void Install()
    {
        _context.Features.Set<IHttpRequestLifetimeFeature>(this);
        if (!IsDetached)
        {
            // A detached run hears of the host's stop from those who run it.
            Connection.Runtime.Registry.Enter(Connection);
        }
    }

    public void Uninstall() => _context.Features.Set(_lifetime);

    public void Abort() => _lifetime.Abort();

    /// <summary>Follows topics when the handler is through. Its result says so and returns: a follower that waits costs nothing of the handler's.</summary>
    /// <param name="following">What to follow.</param>
    public void FollowAfterHandler(SseFollowing following)
    {
        SseTopicServices topics = _services.GetService<SseTopicServices>()
            ?? throw new InvalidOperationException("Following a topic needs the SseKit services. Call builder.Services.AddSse() first.");
        _isPlain = following.IsPlain;
        Follower = new SseFollower(topics, Connection, following);
    }

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

        // Who watches could not know before what the handler would do.
        (_lifetime as SseWatchedResponse)?.StepAside();
        SseResponseHeaders.Set(response);
        SseRequestFeatures.MarkLongRunning(_context);
        SseRequestFeatures.OptOut(_context);
        SseSocketDeadline.Apply(_context, Connection.Options);
        Body.DisableBuffering();
        if (HttpMethods.IsHead(_context.Request.Method))
        {
            await response.StartAsync(CancellationToken.None);
            return null;
        }

        PipeWriter pipe = response.BodyWriter;
        if (HttpMethods.IsGet(_context.Request.Method))
        {
            pipe.Write(Connection.Settings.Preamble.Span);
        }

        await pipe.FlushAsync(CancellationToken.None);
        return pipe;
    }

    ValueTask ISseTransport.RefuseAsync(TimeSpan retry)
    {
        (_lifetime as SseWatchedResponse)?.StepAside();
        return SseRefusedResponse.WriteAsync(_context, Body, retry);
    }

    void ISseTransport.AnswerComplete()
    {
        // A cache may keep a 204 that says nothing, and the topic may begin anew.
        _context.Response.Headers.CacheControl = SseResponseHeaders.CacheControl;
        _context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static JsonSerializerOptions JsonOptionsOf(IServiceProvider services) =>
        services.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? SseJsonDefaults.Options;
}
