using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using SseKit.Connections;
using SseKit.Endpoints;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;
using SseKit.Topics;
using SseKit.Topics.Following;

namespace SseKit;

/// <summary>Streams the events of topics to a client, which resumes after its last event id.</summary>
/// <remarks>
/// <para>
/// Event ids are positions. A client that reconnects with its last one, by <c>Last-Event-ID</c> or <c>?lastEventId=</c>, resumes exactly
/// there. Events that are no longer available are reported by an event <c>ssekit.gap</c> with data
/// <c>{"reason":"expired"|"unknown","missed":N?,"topic":"name"?}</c>. The topic is included on connections that follow several. After
/// <c>unknown</c> the stream starts like that of a client without an id. A completed topic ends its followers. A client that has read all
/// of it receives 204.
/// </para>
/// <para>
/// The topics may have changed when a client returns. Those of both sets continue at their positions, and new ones start like those of a
/// client without an id.
/// </para>
/// <para>
/// The stream opens with an event <c>ssekit.open</c>, data <c>{}</c>, which carries the position. An EventSource passes it to listeners
/// of that type only. Clients with one callback for all events receive it there, like every event whose type starts with
/// <c>ssekit.</c>, and can skip it. <see cref="SseFollowFormat"/> lists formats for clients that fail on it.
/// </para>
/// </remarks>
public sealed class SseFollowResult
    : ActionResult, IOwnStreamResult, IResult, IContentTypeHttpResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    private readonly string[] _topics;
    private readonly SseFollowOptions _options;
    private readonly FollowedRun? _run;

    /// <param name="topics">The topics.</param>
    /// <param name="options">The start of the stream and the events to send.</param>
    /// <param name="run">What is known of the one topic, if a run writes it; null for other topics.</param>
    internal SseFollowResult(IEnumerable<string> topics, SseFollowOptions options, FollowedRun? run = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string topic in topics)
        {
            TopicName.Check(topic, nameof(topics));
            names.Add(topic);
        }

        if (names.Count is 0 or > FollowRequest.MaxTopics)
        {
            throw new ArgumentException(
                $"A connection follows 1 to {FollowRequest.MaxTopics} topics, as many as an event id can carry, but not {names.Count}.",
                nameof(topics));
        }

        if (names.Count > 1 && options.StartAt is { AfterEvent: not null } start)
        {
            throw new ArgumentException(
                $"A connection of several topics cannot start '{start}': an ordinal belongs to one topic.", nameof(options));
        }

        if (options.EndsWith.FirstOrDefault(topic => !names.Contains(topic)) is { } unfollowed)
        {
            throw new ArgumentException(
                $"The completion of topic '{unfollowed}' cannot end a stream that does not follow it. Add it to the topics.",
                nameof(options));
        }

        if (options is { SendTraces: true, Format: not SseFollowFormat.Full })
        {
            throw new ArgumentException(
                $"SendTraces adds events of SseKit's own, which the format {options.Format} does not allow. Use SseFollowFormat.Full.",
                nameof(options));
        }

        // One order for all connections, in which the id lists their positions.
        _topics = [.. names];
        _options = options;
        _run = run;
    }

    string? IContentTypeHttpResult.ContentType => StreamHeaders.ContentType;

    int? IStatusCodeHttpResult.StatusCode => StatusCodes.Status200OK;

    /// <summary>Writes the stream to the response.</summary>
    /// <param name="httpContext">The request.</param>
    /// <exception cref="InvalidOperationException">The services of SseKit are missing.</exception>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return HttpEventStream.Find(httpContext) is null ? EndpointRunner.RunAsync(httpContext, Follow) : Follow(httpContext);
    }

    /// <summary>Writes the stream to the response of an MVC action or a Razor Page handler.</summary>
    /// <param name="context">The context of the action or page.</param>
    /// <exception cref="InvalidOperationException">The services of SseKit are missing.</exception>
    public override Task ExecuteResultAsync(ActionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ExecuteAsync(context.HttpContext);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        StreamEndpoint.ApplyToResult(builder);
        StreamDescription.AddStream(builder, typeof(string));
        StreamDescription.AddResuming(builder);
    }

    private Task Follow(HttpContext context)
    {
        HttpEventStream stream = HttpEventStream.Of(context);
        SseFollowFormat format = _options.Format;
        SseReplayStart start = _options.StartAt
            ?? (format.HasIdsOnly() ? SseReplayStart.Earliest : stream.Connection.Options.ReplayStart);
        string? lastEventId = format == SseFollowFormat.Plain ? null : StreamRequest.LastEventIdOfTopics(context.Request);
        stream.FollowAfterHandler(new FollowRequest(_topics, start, lastEventId, _options.EventTypeFilter)
        {
            Format = format,
            HasTerminator = _run is not null,
            AlwaysOpens = _run is { AlwaysOpens: true },
            EndsWith = _options.EndsWith,
            LinksTraces = _options.LinkTraces,
            SendsTraces = _options.SendTraces,
            Progress = _run?.Progress,
            ControlEntries = _run?.ControlEntries,
            TailIndex = _run?.TailIndexHeader is { } header
                ? index => context.Response.Headers[header] = index.ToString(CultureInfo.InvariantCulture)
                : null,
        });
        if (_options.Until.CanBeCanceled)
        {
            context.Response.RegisterForDispose(_options.Until.UnsafeRegister(
                static connection => ((StreamConnection)connection!).Disconnect(retry: null), stream.Connection));
        }

        return Task.CompletedTask;
    }
}
