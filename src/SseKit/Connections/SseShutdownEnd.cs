namespace SseKit;

/// <summary>How a GET stream ends when the host stops.</summary>
public enum SseShutdownEnd
{
    /// <summary>
    /// With a <c>retry</c> and the end of the response. An EventSource reconnects after it, as do the npm packages <c>eventsource</c> and
    /// <c>eventsource-client</c>.
    /// </summary>
    Clean,

    /// <summary>
    /// With a <c>retry</c> and a break of the connection, for clients that take the end of the response for the end of the stream, such as
    /// Datastar and <c>@microsoft/fetch-event-source</c>. Clients that reconnect after a clean end also do after a break.
    /// </summary>
    Abort,
}
