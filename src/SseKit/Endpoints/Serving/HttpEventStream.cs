using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Connections;
using SseKit.Topics;
using SseKit.Topics.Following;
using SseKit.Writing;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// The response of an endpoint that writes through SseKit: its headers, its writer and its token. It stands in for the request's lifetime, so that
/// everything on the request listens to the stream's token; that is also where it is found.
/// </summary>
internal sealed class HttpEventStream : StreamFeatures, IStreamTransport
{
    private readonly IServiceProvider _services;
    private Follower? _follower;
    private SseEventWriter? _events;
    private bool _isPlain;

    /// <param name="context">The request.</param>
    /// <param name="runtime">What the app's connections share.</param>
    /// <param name="settings">The endpoint's settings.</param>
    /// <param name="services">The app's services. The request's own would come into being by being asked for.</param>
    public HttpEventStream(HttpContext context, StreamRuntime runtime, EndpointSettings settings, IServiceProvider services)
        : base(context, runtime)
    {
        _services = services;
        Connection = new StreamConnection(runtime, settings.Connection, this, settings.LimitKey(context), Lifetime.RequestAborted);
        if (!IsDetached)
        {
            // A detached run gets the host's stop from those who run it.
            runtime.Registry.Enter(Connection);
        }
    }

    public override StreamConnection Connection { get; }

    public override Follower? Follower => _follower;

    public SseEventWriter Events => _events ??=
        new SseEventWriter(Connection.Output, JsonOptionsOf(_services), StreamRequest.LastEventId(Context.Request));

    public string? Route => EndpointSettings.RouteOf(Context);

    public bool IsDetached => Context.Features.Get<IDetachedRun>() is not null;

    public bool HasStarted => Context.Response.HasStarted;

    // Whoever knows no ids cannot go on where it stopped: to such a client, too, a clean end says "finished".
    public bool ClientReconnects => HttpMethods.IsGet(Context.Request.Method) && !_isPlain;

    protected override CancellationToken Token => Connection.Ended;

    /// <summary>The request's stream, or null where its endpoint is not run by SseKit.</summary>
    public static HttpEventStream? Find(HttpContext context) => context.Features.Get<HttpEventStream>();

    public static HttpEventStream Of(HttpContext context) => Find(context)
        ?? throw new InvalidOperationException(
            $"{nameof(SseEventWriter)} binds in minimal-API endpoints only. Map this one with MapSse, or with MapGet and a handler that takes the writer as a parameter.");

    public override void Install()
    {
        base.Install();
        Context.Features.Set(this);
    }

    public override void Uninstall()
    {
        Context.Features.Set<HttpEventStream>(null);
        base.Uninstall();
    }

    /// <summary>Follows topics when the handler is through. Its result says so and returns: a follower that waits costs nothing of the handler's.</summary>
    /// <param name="following">What to follow.</param>
    public void FollowAfterHandler(FollowRequest following)
    {
        TopicServices topics = _services.GetService<TopicServices>()
            ?? throw new InvalidOperationException("Following a topic needs the SseKit services. Call builder.Services.AddSse() first.");
        _isPlain = following.IsPlain;
        _follower = new Follower(topics, Connection, following);
    }

    /// <summary>Sends the headers. False where there is nothing to write to: HEAD, a refused connection, a client that has left.</summary>
    public ValueTask<bool> TryOpenAsync() => Connection.Output.TryOpenAsync();

    /// <summary>Answers HEAD with the headers alone. True where that was all, and a handler that yields need not run.</summary>
    public async ValueTask<bool> TryAnswerHeadAsync() => HttpMethods.IsHead(Context.Request.Method) && !await TryOpenAsync();

    async ValueTask<PipeWriter?> IStreamTransport.StartAsync()
    {
        HttpResponse response = Context.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("The response has started already, so it cannot become an event stream.");
        }

        // Who watches could not know before what the handler would do.
        Context.Features.Get<IResponseInterception>()?.StepAside();
        StreamHeaders.Set(response);
        RequestFeatures.MarkLongRunning(Context);
        RequestFeatures.OptOut(Context);
        SocketDeadline.Apply(Context, Connection.Options);
        EndpointSettings.Of(Context, Runtime).WarnOfBuffer(Body, Runtime, Route);
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
            await StreamHeaders.FlushAsync(Body);
        }

        return pipe;
    }

    ValueTask IStreamTransport.RefuseAsync(TimeSpan retry)
    {
        Context.Features.Get<IResponseInterception>()?.StepAside();
        return RejectedResponse.WriteAsync(Context, Body, retry, new ResponseDeadline(Lifetime, Connection.Options, Runtime));
    }

    void IStreamTransport.AnswerComplete()
    {
        // A cache may keep a 204 that says nothing, and the topic may begin anew.
        Context.Response.Headers.CacheControl = StreamHeaders.CacheControl;
        Context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static JsonSerializerOptions JsonOptionsOf(IServiceProvider services) =>
        services.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? JsonDefaults.Options;
}
