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
/// How a stream ends: the one table of endings. Many clients take a clean end for a complete answer, so a stream that is cut ends cleanly
/// only for clients that reconnect after it.
/// </summary>
/// <param name="LastFrame">What is written last.</param>
/// <param name="IsClean">Whether the response ends cleanly. Otherwise its connection is aborted.</param>
/// <param name="HasReader">Whether an abort waits until the client has received what was written.</param>
internal readonly record struct EndRule(LastFrame LastFrame, bool IsClean, bool HasReader = true)
{
    /// <param name="reason">Why the stream ends.</param>
    /// <param name="reconnecting">After which ends the client reconnects by itself.</param>
    /// <param name="options">The endpoint's options.</param>
    public static EndRule Of(EndReason reason, Reconnecting reconnecting, SseOptions options) => (reason, reconnecting) switch
    {
        (EndReason.Completed or EndReason.Refused, _) => new(LastFrame.None, IsClean: true),
        (EndReason.Failed, _) => new(LastFrame.FailureEvent, IsClean: options.FailureEventEndsStream),
        (EndReason.ClientLeft or EndReason.WriteTimeout or EndReason.Aborted, _) => new(LastFrame.None, IsClean: false, HasReader: false),
        (EndReason.Shutdown or EndReason.Lifetime or EndReason.Cancelled or EndReason.Disconnected or EndReason.Unauthorized,
            Reconnecting.Never) => new(LastFrame.None, IsClean: false),
        (EndReason.Shutdown or EndReason.Disconnected, _) => new(LastFrame.Retry, CutsCleanly(reconnecting, options)),
        (EndReason.Lifetime or EndReason.Cancelled or EndReason.Unauthorized, _) =>
            new(LastFrame.Flush, CutsCleanly(reconnecting, options)),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Only a stream that has ended has a rule."),
    };

    private static bool CutsCleanly(Reconnecting reconnecting, SseOptions options) => options.ShutdownEnd switch
    {
        SseShutdownEnd.Clean => true,
        SseShutdownEnd.Abort => false,
        _ => reconnecting == Reconnecting.AfterAnyEnd,
    };
}
