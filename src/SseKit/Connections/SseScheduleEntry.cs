namespace SseKit.Connections;

/// <summary>A place in the schedule. It outlives its target in the queue, so it lets go of it when removed.</summary>
internal sealed class SseScheduleEntry(ISseScheduled target)
{
    public ISseScheduled? Target { get; set; } = target;

    /// <summary>The timestamp that counts. The queue may still hold the entry at other times; those are passed over.</summary>
    public long Due { get; set; } = SseSchedule.Never;
}
