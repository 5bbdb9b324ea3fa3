namespace SseKit.BrowserTests.Infrastructure;

/// <summary>Something that a page's EventSource told its listeners.</summary>
/// <param name="Type">The event's type, <c>open</c> and <c>error</c> included.</param>
/// <param name="Data">The data; of an error, the state in which it left the EventSource.</param>
/// <param name="LastEventId">The last event id, as the page sees it.</param>
public sealed record PageRecord(string Type, string Data = "", string LastEventId = "")
{
    public static readonly PageRecord Open = new("open");

    /// <summary>The connection is lost, and the browser will try again.</summary>
    public static readonly PageRecord Reconnecting = new("error", "CONNECTING");

    /// <summary>The browser will never try again.</summary>
    public static readonly PageRecord GivenUp = new("error", "CLOSED");

    public static PageRecord Message(string data, string lastEventId = "") => new("message", data, lastEventId);
}
