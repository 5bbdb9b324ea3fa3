namespace SseKit;

/// <summary>Where a client goes on whose missed events have expired. A client whose id is unknown starts like one without an id.</summary>
public enum SseGapPolicy
{
    /// <summary>With the oldest event that is held.</summary>
    Oldest,

    /// <summary>With what comes from now on.</summary>
    Head,
}
