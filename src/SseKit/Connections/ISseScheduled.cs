namespace SseKit.Connections;

/// <summary>Something that wants to be called at a time.</summary>
internal interface ISseScheduled
{
    /// <summary>Called when its time has come. Must not wait.</summary>
    /// <returns>The timestamp of the next call, or <see cref="SseSchedule.Never"/>.</returns>
    long OnDue(long now);
}
