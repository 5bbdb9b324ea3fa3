namespace SseKit;

/// <summary>Where a client goes on whose missed events are no longer held.</summary>
public enum SseGapPolicy
{
    /// <summary>With the oldest event that is held.</summary>
    Oldest,

    /// <summary>With what comes from now on.</summary>
    Head,
}
