namespace SseKit.Storage.FileLog;

/// <summary>A topic as it will be when the batch on its way is on the disk.</summary>
internal sealed class SseLogPending(long sequence, SseTopicStatus status)
{
    public long Sequence { get; set; } = sequence;

    public SseTopicStatus Status { get; set; } = status;

    public Dictionary<UInt128, long>? Keys { get; set; }
}
