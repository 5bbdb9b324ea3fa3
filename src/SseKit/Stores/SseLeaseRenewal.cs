namespace SseKit;

/// <summary>A lease to renew.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Owner">The owner that acquired the lease.</param>
/// <param name="Duration">How long the lease lasts from now on.</param>
public readonly record struct SseLeaseRenewal(string Topic, string Owner, TimeSpan Duration);
