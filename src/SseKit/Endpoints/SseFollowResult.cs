using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;
using SseKit.Topics;
using SseKit.Topics.Following;

namespace SseKit;

/// <summary>
/// A stream that follows topics. Its event ids are positions: a client that comes back with its last one, by <c>Last-Event-ID</c> or
/// <c>?lastEventId=</c>, resumes exactly there. What it can no longer get is reported by an event <c>ssekit.gap</c> with data
/// <c>{"reason":"expired"|"unknown","missed":N?,"topic":"name"?}</c>; the topic is named on connections that follow several. After
/// <c>unknown</c> the stream starts like that of a client without an id. A completed topic ends its followers, and answers with 204 those
/// who have read it all.
/// </summary>
/// <remarks>
/// The stream opens with an event <c>ssekit.open</c>, data <c>{}</c>, which carries the position. An EventSource passes it to listeners
/// of that type only. Clients with one callback for all events get it there, like every event whose type starts with <c>ssekit.</c>, and
/// can skip it.
/// </remarks>
public sealed class SseFollowResult : IOwnStreamResult, IResult, IContentTypeHttpResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    private readonly string[] _topics;
    private readonly SseFollowOptions _options;
    private readonly bool _hasTerminator;

    /// <param name="topics">The topics.</param>
    /// <param name="options">How to follow them.</param>
    /// <param name="hasTerminator">Whether the topic ends with the terminator itself, if there is one.</param>
    internal SseFollowResult(IEnumerable<string> topics, SseFollowOptions options, bool hasTerminator = false)
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
                $"A connection follows 1 to {FollowRequest.MaxTopics} topics, as many as an event id can carry, but not {names.Count}.", nameof(topics));
        }

        // One order for all connections: the id lists positions and no names.
        _topics = [.. names];
        _options = options;
        _hasTerminator = hasTerminator;
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

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        StreamEndpoint.ApplyToResult(builder);
        StreamEndpoint.DescribeStream(builder, typeof(string));
    }

    private Task Follow(HttpContext context)
    {
        HttpEventStream stream = HttpEventStream.Of(context);
        SseReplayStart start = _options.StartAt ?? stream.Connection.Options.ReplayStart;
        string? lastEventId = _options.PlainStream ? null : StreamRequest.LastEventIdOfTopics(context.Request);
        stream.FollowAfterHandler(new FollowRequest(_topics, start, lastEventId, _options.EventTypeFilter)
        {
            IsPlain = _options.PlainStream,
            HasTerminator = _hasTerminator,
        });
        return Task.CompletedTask;
    }
}
