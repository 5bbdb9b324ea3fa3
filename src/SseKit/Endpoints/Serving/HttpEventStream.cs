using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Connections;
using SseKit.Endpoints.Authentication;
using SseKit.Topics;
using SseKit.Topics.Following;
using SseKit.Writing;

namespace SseKit.Endpoints.Serving;

/// <summary>Writes the response of an endpoint through SseKit: its headers, its events and its end.</summary>
/// <remarks>
/// It replaces the request's lifetime feature, so that all code on the request observes the stream's token. It is also a feature of
/// its own, by which it is found.
/// </remarks>
internal sealed class HttpEventStream : StreamFeatures, IStreamTransport
{
    private readonly IServiceProvider _services;
    private Follower? _follower;
    private SseEventWriter? _events;
    private SseFollowFormat _format;

    /// <param name="context">The request.</param>
    /// <param name="runtime">The state that the app's connections share.</param>
    /// <param name="settings">The endpoint's settings.</param>
    /// <param name="services">The app's services. A read of the request's services would create them.</param>
    public HttpEventStream(HttpContext context, StreamRuntime runtime, EndpointSettings settings, IServiceProvider services)
        : base(context, runtime)
    {
        _services = services;
        Connection = new StreamConnection(runtime, settings.Connection, this, settings.LimitKey(context), Lifetime.RequestAborted);
        if (!IsDetached)
        {
            // The owner of a detached run stops it when the host stops.
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

    public ClientInfo Client => StreamRequest.ClientOf(Context, Connection.Options);

    public DateTimeOffset? SignInExpiry => SignIn.ExpiryOf(Context, Connection.Options, Runtime.Time);

    public IReadOnlyList<string> Topics => _follower?.Topics ?? [];

    // Clients of the other formats cannot resume, or many of them read a clean end as "finished".
    public Reconnecting Reconnecting =>
        _format == SseFollowFormat.Full ? StreamRequest.ReconnectingOf(Context.Request) : Reconnecting.Never;

    public bool Drains => !HttpMethods.IsGet(Context.Request.Method) && !IsDetached;

    protected override CancellationToken Token => Connection.Ended;

    /// <summary>Finds the request's stream; null if SseKit does not run its endpoint.</summary>
    public static HttpEventStream? Find(HttpContext context) => context.Features.Get<HttpEventStream>();

    public static HttpEventStream Of(HttpContext context) => Find(context)
        ?? throw new InvalidOperationException(
            $"SseKit does not run this endpoint, so it has no {nameof(SseEventWriter)}. "
            + "Map it with MapSse, or declare the writer as a parameter of the handler or action.");

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

    /// <summary>Stores the topics to follow after the handler has returned.</summary>
    /// <remarks>The handler's result then returns at once, and a waiting follower holds none of the handler's state.</remarks>
    /// <param name="following">The topics, and how to follow them.</param>
    public void FollowAfterHandler(FollowRequest following)
    {
        TopicServices topics = _services.GetService<TopicServices>()
            ?? throw new InvalidOperationException("Following a topic needs the SseKit services. Call builder.Services.AddSse() first.");
        _format = following.Format;

        // Before the store is read: a timeout would end the request before its stream opens.
        RequestFeatures.OptOut(Context);
        _follower = new Follower(topics, Connection, following);
    }

    /// <inheritdoc/>
    public override bool IsStream() => Connection.IsOpen;

    /// <summary>Sends the headers.</summary>
    /// <returns>False if nothing can be written: for HEAD, a rejected connection or a disconnected client.</returns>
    public ValueTask<bool> TryOpenAsync() => Connection.Output.TryOpenAsync();

    /// <summary>Answers HEAD with the headers alone.</summary>
    /// <returns>True if the response needs nothing else, so that a handler that yields need not run.</returns>
    public async ValueTask<bool> TryAnswerHeadAsync() => HttpMethods.IsHead(Context.Request.Method) && !await TryOpenAsync();

    async ValueTask<PipeWriter?> IStreamTransport.StartAsync()
    {
        HttpResponse response = Context.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("The response has started already, so it cannot become an event stream.");
        }

        // Only now is it certain that SseKit writes this response.
        Context.Features.Get<IResponseInterception>()?.StepAside();
        StreamHeaders.Set(response);
        RequestFeatures.MarkLongRunning(Context);
        RequestFeatures.OptOut(Context);
        SocketDeadline.Apply(Context, Connection.Options);
        EndpointSettings settings = EndpointSettings.Of(Context, Runtime);
        settings.WarnOfBuffer(Body, Runtime, Route);
        Body.DisableBuffering();

        // The app's OnStarting callbacks run here, and may throw.
        await Body.StartAsync(CancellationToken.None);
        if (HttpMethods.IsHead(Context.Request.Method))
        {
            return null;
        }

        if (!IsDetached)
        {
            Revalidation.StartIfRequested(Context, Connection, settings.RevalidationFailures);
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
        return RejectedResponse.WriteAsync(Context, Body, retry, new ResponseDeadline(Lifetime, Connection));
    }

    void IStreamTransport.AnswerComplete()
    {
        // A cache may store a 204 without this header, and the topic may start again.
        Context.Response.Headers.CacheControl = StreamHeaders.CacheControl;
        Context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static JsonSerializerOptions JsonOptionsOf(IServiceProvider services) =>
        services.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? JsonDefaults.Options;
}
