namespace SseKit;

/// <summary>The result of a renewal.</summary>
public enum SseLeaseRenewalResult
{
    /// <summary>The lease lasts for its duration from now on.</summary>
    Renewed,

    /// <summary>The lease is no longer this owner's.</summary>
    Lost,

    /// <summary>The lease was locked and is unchanged. Its owner can retry, and has it until it expires.</summary>
    Busy,
}
