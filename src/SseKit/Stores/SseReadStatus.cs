namespace SseKit;

/// <summary>Whether a reader could go on from where it stopped.</summary>
public enum SseReadStatus
{
    /// <summary>The events follow the position without a hole.</summary>
    Ok,

    /// <summary>The events after the position are no longer all held.</summary>
    Expired,

    /// <summary>The position is none of this log: another epoch, or a number that was never given out.</summary>
    Unknown,
}
