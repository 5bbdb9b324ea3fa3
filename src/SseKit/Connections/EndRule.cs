namespace SseKit.Connections;

/// <summary>What a stream writes last.</summary>
internal enum LastFrame
{
    None,

    /// <summary>Nothing of its own, but the client gets what was written before.</summary>
    Flush,

    /// <summary>When the client may reconnect.</summary>
    Retry,

    /// <summary>The endpoint's failure event, if it has one.</summary>
    FailureEvent,
}

/// <summary>
/// How a stream ends: the one table of endings. A client that does not reconnect by itself takes a clean end for a complete answer.
/// </summary>
/// <param name="LastFrame">What is written last.</param>
/// <param name="IsClean">Whether the response ends cleanly. Otherwise its connection is aborted.</param>
/// <param name="HasReader">Whether an abort waits until the client has received what was written.</param>
internal readonly record struct EndRule(LastFrame LastFrame, bool IsClean, bool HasReader = true)
{
    /// <param name="reason">Why the stream ends.</param>
    /// <param name="clientReconnects">Whether the client reconnects by itself, as an EventSource does.</param>
    /// <param name="options">The endpoint's options.</param>
    public static EndRule Of(EndReason reason, bool clientReconnects, SseOptions options) => (reason, clientReconnects) switch
    {
        (EndReason.Completed or EndReason.Refused, _) => new(LastFrame.None, IsClean: true),
        (EndReason.Shutdown, true) => new(LastFrame.Retry, IsClean: options.ShutdownEnd == SseShutdownEnd.Clean),
        (EndReason.Disconnected, true) => new(LastFrame.Retry, IsClean: true),
        (EndReason.Lifetime or EndReason.Cancelled or EndReason.Unauthorized, true) => new(LastFrame.Flush, IsClean: true),
        (EndReason.Failed, _) => new(LastFrame.FailureEvent, IsClean: options.FailureEventEndsStream),
        (EndReason.Shutdown or EndReason.Lifetime or EndReason.Cancelled or EndReason.Disconnected or EndReason.Unauthorized, false) =>
            new(LastFrame.None, IsClean: false),
        (EndReason.ClientLeft or EndReason.WriteTimeout or EndReason.Aborted, _) => new(LastFrame.None, IsClean: false, HasReader: false),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Only a stream that has ended has a rule."),
    };
}
