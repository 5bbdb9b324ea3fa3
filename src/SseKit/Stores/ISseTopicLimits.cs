namespace SseKit;

/// <summary>
/// An optional capability of an <see cref="ISseEventStore"/> that deletes the oldest events of a topic when it holds too many.
/// </summary>
/// <remarks>
/// A run of <c>WithSseReplay</c> is slowed to its slowest reader before the store would delete what that reader has not received. Without
/// this capability it is never slowed. The values do not change.
/// </remarks>
public interface ISseTopicLimits
{
    /// <summary>Gets the most events that the store holds for one topic.</summary>
    /// <value>From 1; <see cref="long.MaxValue"/> for no limit.</value>
    long MaxEventsPerTopic { get; }

    /// <summary>Gets the most payload bytes that the store holds for one topic.</summary>
    /// <value>From 1; <see cref="long.MaxValue"/> for no limit.</value>
    long MaxBytesPerTopic { get; }
}
