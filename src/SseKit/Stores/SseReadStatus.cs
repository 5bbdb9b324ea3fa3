namespace SseKit;

/// <summary>Whether a reader can continue from its position.</summary>
public enum SseReadStatus
{
    /// <summary>The events follow the position without a hole.</summary>
    Ok,

    /// <summary>The events after the position are no longer all held.</summary>
    Expired,

    /// <summary>The position is not of this log: another epoch, or a number that no event has had.</summary>
    Unknown,
}
