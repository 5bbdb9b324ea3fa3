namespace SseKit;

/// <summary>A lease to renew.</summary>
public readonly record struct SseLeaseRenewal
{
    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The owner that acquired the lease.</summary>
    public required string Owner { get; init; }

    /// <summary>The time from now until the lease expires.</summary>
    public required TimeSpan Duration { get; init; }
}
