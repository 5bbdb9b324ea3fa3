using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using SseKit.Connections;
using SseKit.Http;
using SseKit.Topics;

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
/// of that type only; clients with one callback for all events get it there, as every event whose type starts with <c>ssekit.</c>, and can
/// pass it by.
/// </remarks>
public sealed class SseFollowResult : IResult, IEndpointMetadataProvider
{
    private readonly string[] _topics;
    private SseReplayStart? _start;
    private Func<string, bool>? _eventTypes;
    private bool _isPlain;
    private bool _hasTerminator;

    internal SseFollowResult(string[] topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        foreach (string topic in topics)
        {
            SseTopicName.Check(topic, nameof(topics));
        }

        // One order for all connections: the id lists positions and no names.
        _topics = [.. topics.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (_topics.Length is 0 or > SseFollowing.MaxTopics)
        {
            throw new ArgumentException(
                $"A connection follows 1 to {SseFollowing.MaxTopics} topics, as many as an event id can carry, but not {_topics.Length}.", nameof(topics));
        }
    }

    /// <summary>Sets where a client without a last event id starts, in place of <see cref="SseOptions.ReplayStart"/>.</summary>
    /// <param name="start">The start.</param>
    public SseFollowResult StartAt(SseReplayStart start)
    {
        _start = start;
        return this;
    }

    /// <summary>Sends only events of some types. The others move the client's position all the same and never look like a gap.</summary>
    /// <param name="wants">Asked with the event type, <c>message</c> for the default, once or more for each type; it must always answer the same.</param>
    public SseFollowResult WhereEventType(Func<string, bool> wants)
    {
        ArgumentNullException.ThrowIfNull(wants);
        _eventTypes = wants;
        return this;
    }

    /// <summary>
    /// Sends the topics' events and nothing of SseKit's own: no ids, no <c>ssekit.open</c>, comments in silence. For clients of protocols that would stumble over
    /// them, such as those of AI APIs.
    /// </summary>
    /// <remarks>Such a client cannot resume, so each starts where <see cref="StartAt"/> says. One that misses events, because they are gone before it has read them, is broken off, and so is one whose host stops: to it a clean end means that all is said.</remarks>
    public SseFollowResult AsPlainStream()
    {
        _isPlain = true;
        return this;
    }

    /// <summary>Writes the stream to the response.</summary>
    /// <param name="httpContext">The request.</param>
    /// <exception cref="InvalidOperationException">The services of SseKit are missing.</exception>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return SseHttpStream.Find(httpContext) is null ? SseEndpointRunner.RunAsync(httpContext, Follow) : Follow(httpContext);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) => SseEndpoint.ApplyToResult(builder);

    /// <summary>The topic holds the terminator already, where there is one.</summary>
    internal SseFollowResult WithTerminatorInTopic()
    {
        _hasTerminator = true;
        return this;
    }

    private Task Follow(HttpContext context)
    {
        SseHttpStream stream = SseHttpStream.Of(context);
        SseReplayStart start = _start ?? stream.Connection.Options.ReplayStart;
        string? lastEventId = _isPlain ? null : SseRequest.LastEventIdOfTopics(context.Request);
        stream.FollowAfterHandler(new SseFollowing(_topics, start, lastEventId, _eventTypes) { IsPlain = _isPlain, HasTerminator = _hasTerminator });
        return Task.CompletedTask;
    }
}
