namespace SseKit.BrowserTests.Infrastructure;

/// <summary>An event that a page's EventSource raised.</summary>
/// <param name="Type">The event's type, <c>open</c> and <c>error</c> included.</param>
/// <param name="Data">The data; for an error, the state of the EventSource.</param>
/// <param name="LastEventId">The last event id, as the page reads it.</param>
public sealed record PageRecord(string Type, string Data = "", string LastEventId = "")
{
    public static readonly PageRecord Open = new("open");

    /// <summary>The connection is lost, and the browser will reconnect.</summary>
    public static readonly PageRecord Reconnecting = new("error", "CONNECTING");

    /// <summary>The browser will not reconnect.</summary>
    public static readonly PageRecord GivenUp = new("error", "CLOSED");

    public static PageRecord Message(string data, string lastEventId = "") => new("message", data, lastEventId);
}
