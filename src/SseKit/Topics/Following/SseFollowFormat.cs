namespace SseKit;

/// <summary>Lists what SseKit adds to the events of topics, so that clients can resume.</summary>
public enum SseFollowFormat
{
    /// <summary>Each event has its id, and events of SseKit's own report the opening, a gap and a failure.</summary>
    /// <remarks>It is meant for an <c>EventSource</c>, and for clients that ignore event types starting with <c>ssekit.</c>.</remarks>
    Full,

    /// <summary>Each event has its id, and there are no events of SseKit's own.</summary>
    /// <remarks>
    /// <para>
    /// It is meant for clients that resume by event id and parse each event as one of their protocol, such as <c>eventsource-client</c> or
    /// <c>@microsoft/fetch-event-source</c> with one callback.
    /// </para>
    /// <para>
    /// A client has no id until its first event arrives. If it reconnects before that, it starts like a new client. So it must start at a
    /// fixed position: <see cref="SseReplayStart.Earliest"/>, or an id that its URL names (<c>?lastEventId=</c>).
    /// </para>
    /// <para>
    /// A gap is reported by the endpoint's <see cref="SseOptions.FailureEvent"/> with an <see cref="SseGapException"/>; its id is the
    /// position behind the gap. The stream then ends as after every failure event, and a client that reconnects continues behind the gap.
    /// Without such an event, the connection is aborted at the gap each time that the client reconnects.
    /// </para>
    /// <para>
    /// A failed run's own failure event is the last event of the stream, and a client that has it gets 204 if it reconnects. If the run
    /// ended without one, a client that has read everything gets one when it reconnects, with an <see cref="InvalidOperationException"/>.
    /// </para>
    /// <para>
    /// The connection is also aborted when the host stops, because many such clients read a clean end as the end of the answer. Heartbeats
    /// are comments, or the endpoint's <see cref="SseOptions.HeartbeatEvent"/> with the client's position as its id. Events that
    /// <see cref="SseFollowOptions.EventTypeFilter"/> excludes move the position that the next event carries. A client that returns to a
    /// complete topic of which only such events are left gets 204.
    /// </para>
    /// </remarks>
    Ids,

    /// <summary>As <see cref="Ids"/>, and the id is the first line of each event.</summary>
    /// <remarks>
    /// It is meant for TanStack AI, which takes the data line that follows an id as the event with that id. It harms clients that store an
    /// id when its line arrives, such as <c>@microsoft/fetch-event-source</c>: they lose the event if the connection breaks inside it.
    /// </remarks>
    IdsFirst,

    /// <summary>The topics' events alone.</summary>
    /// <remarks>
    /// It is meant for clients of protocols that fail on ids, such as those of AI APIs. Such a client cannot resume by id, so each request
    /// starts at <see cref="SseFollowOptions.StartAt"/>. A gap is reported as in <see cref="Ids"/>. The connection is aborted when the host
    /// stops, because such a client reads a clean end as the end of the answer. Heartbeats are comments, or the endpoint's
    /// <see cref="SseOptions.HeartbeatEvent"/>.
    /// </remarks>
    Plain,
}

internal static class FollowFormats
{
    /// <summary>Whether clients resume by id, but have none before their first event.</summary>
    public static bool HasIdsOnly(this SseFollowFormat format) => format is SseFollowFormat.Ids or SseFollowFormat.IdsFirst;
}
