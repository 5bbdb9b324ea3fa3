namespace SseKit;

/// <summary>
/// Where a client continues if its missed events have expired. A client whose id is unknown starts like one without an id.
/// </summary>
public enum SseGapPolicy
{
    /// <summary>With the earliest event that is held.</summary>
    Earliest,

    /// <summary>With what comes from now on.</summary>
    Latest,
}
