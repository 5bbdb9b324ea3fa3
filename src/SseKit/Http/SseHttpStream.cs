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
internal sealed class SseHttpStream : SseStreamFeatures, ISseTransport
{
    private readonly IServiceProvider _services;
    private SseFollower? _follower;
    private SseEventWriter? _events;
    private bool _isPlain;

    /// <param name="context">The request.</param>
    /// <param name="runtime">What the app's connections share.</param>
    /// <param name="settings">The endpoint's settings.</param>
    /// <param name="services">The app's services. The request's own would come into being by being asked for.</param>
    public SseHttpStream(HttpContext context, SseRuntime runtime, SseEndpointSettings settings, IServiceProvider services)
        : base(context, runtime)
    {
        _services = services;
        Connection = new SseConnection(runtime, settings.Connection, this, settings.LimitKey(context), Lifetime.RequestAborted);
        if (!IsDetached)
        {
            // A detached run gets the host's stop from those who run it.
            runtime.Registry.Enter(Connection);
        }
    }

    public override SseConnection Connection { get; }

    public override SseFollower? Follower => _follower;

    public SseEventWriter Events => _events ??=
        new SseEventWriter(Connection.Output, JsonOptionsOf(_services), SseRequest.LastEventId(Context.Request));

    public string? Route => SseEndpointSettings.RouteOf(Context);

    public bool IsDetached => Context.Features.Get<SseReplayRun>() is not null;

    public bool HasStarted => Context.Response.HasStarted;

    // Whoever knows no ids cannot go on where it stopped: to such a client, too, a clean end says "finished".
    public bool ClientReconnects => HttpMethods.IsGet(Context.Request.Method) && !_isPlain;

    protected override CancellationToken Token => Connection.Ended;

    /// <summary>The request's stream, or null where its endpoint is not run by SseKit.</summary>
    public static SseHttpStream? Find(HttpContext context) => context.Features.Get<IHttpRequestLifetimeFeature>() as SseHttpStream;

    public static SseHttpStream Of(HttpContext context) => Find(context)
        ?? throw new InvalidOperationException(
            $"{nameof(SseEventWriter)} binds in minimal-API endpoints only. Map this one with MapSse, or with MapGet and a handler that takes the writer as a parameter.");

    /// <summary>Follows topics when the handler is through. Its result says so and returns: a follower that waits costs nothing of the handler's.</summary>
    /// <param name="following">What to follow.</param>
    public void FollowAfterHandler(SseFollowing following)
    {
        SseTopicServices topics = _services.GetService<SseTopicServices>()
            ?? throw new InvalidOperationException("Following a topic needs the SseKit services. Call builder.Services.AddSse() first.");
        _isPlain = following.IsPlain;
        _follower = new SseFollower(topics, Connection, following);
    }

    /// <summary>Sends the headers. False where there is nothing to write to: HEAD, a refused connection, a client that has left.</summary>
    public ValueTask<bool> TryOpenAsync() => Connection.Output.TryOpenAsync();

    /// <summary>Answers HEAD with the headers alone. True where that was all, and a handler that yields need not run.</summary>
    public async ValueTask<bool> TryAnswerHeadAsync() => HttpMethods.IsHead(Context.Request.Method) && !await TryOpenAsync();

    async ValueTask<PipeWriter?> ISseTransport.StartAsync()
    {
        HttpResponse response = Context.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("The response has started already, so it cannot become an event stream.");
        }

        // Who watches could not know before what the handler would do.
        (Lifetime as SseWatchedResponse)?.StepAside();
        SseResponseHeaders.Set(response);
        SseRequestFeatures.MarkLongRunning(Context);
        SseRequestFeatures.OptOut(Context);
        SseSocketDeadline.Apply(Context, Connection.Options);
        SseEndpointSettings.Of(Context, Runtime).WarnOfBuffer(Body, Runtime, Route);
        Body.DisableBuffering();

        // The app's OnStarting callbacks run here, and may throw.
        await Body.StartAsync(CancellationToken.None);
        if (HttpMethods.IsHead(Context.Request.Method))
        {
            return null;
        }

        PipeWriter pipe = Body.Writer;
        if (HttpMethods.IsGet(Context.Request.Method) && !IsDetached)
        {
            Connection.Settings.WritePreamble(pipe);
        }
        else
        {
            await SseResponseHeaders.FlushAsync(Body);
        }

        return pipe;
    }

    ValueTask ISseTransport.RefuseAsync(TimeSpan retry)
    {
        (Lifetime as SseWatchedResponse)?.StepAside();
        return SseRefusedResponse.WriteAsync(Context, Body, retry, new SseResponseDeadline(Lifetime, Connection.Options, Runtime));
    }

    void ISseTransport.AnswerComplete()
    {
        // A cache may keep a 204 that says nothing, and the topic may begin anew.
        Context.Response.Headers.CacheControl = SseResponseHeaders.CacheControl;
        Context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static JsonSerializerOptions JsonOptionsOf(IServiceProvider services) =>
        services.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? SseJsonDefaults.Options;
}
