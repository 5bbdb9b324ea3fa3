namespace SseKit;

/// <summary>
/// How a GET stream ends that is not complete: when the host stops, when the app disconnects it, at the end of its lifetime or of its
/// sign-in.
/// </summary>
/// <remarks>All three let the client reconnect if it does so by itself. Streams of other methods are always broken off.</remarks>
public enum SseShutdownEnd
{
    /// <summary>
    /// With the end of the response. An EventSource reconnects after it. Datastar and <c>@microsoft/fetch-event-source</c> take it for the
    /// end of the stream, and do not.
    /// </summary>
    Clean,

    /// <summary>
    /// With a break of the connection, after which every client reconnects that does so after a clean end. A proxy may log an error for
    /// each stream, and a browser a warning.
    /// </summary>
    Abort,

    /// <summary>
    /// <see cref="Abort"/> for a client on <c>fetch</c>, which sends <c>Sec-Fetch-Mode</c>, and <see cref="Clean"/> for any other. An
    /// EventSource is recognised by <c>Accept: text/event-stream</c> and <c>Cache-Control: no-cache</c>.
    /// </summary>
    ByClient,
}
