using System.Diagnostics.Metrics;

namespace SseKit.Stores;

/// <summary>
/// Counts the events that a store deletes because of its bounds. The count is observed: counting calls no code of the app, so it may be
/// done under a lock. Also compiled into the packages of the other stores. Thread-safe.
/// </summary>
internal sealed class EvictedEvents
{
    private long _count;

    /// <param name="meters">Creates the meter; null for a store outside of an app, which is not measured.</param>
    public EvictedEvents(IMeterFactory? meters = null) => meters?.Create("SseKit").CreateObservableCounter(
        "ssekit.evicted_events",
        () => Count,
        "{event}",
        "Events that the store deleted because of its bounds of age, number or size.");

    public long Count => Interlocked.Read(ref _count);

    public void Add(long events) => Interlocked.Add(ref _count, events);
}
