namespace SseKit.Connections;

/// <summary>After which ends of its stream a client reconnects by itself.</summary>
internal enum Reconnecting
{
    /// <summary>After none, or its format has no resumption: it takes a clean end for a complete answer.</summary>
    Never,

    /// <summary>After a broken connection. It may take a clean end for a complete stream.</summary>
    AfterBreak,

    /// <summary>After a broken connection and after a clean end, as an EventSource does.</summary>
    AfterAnyEnd,
}
