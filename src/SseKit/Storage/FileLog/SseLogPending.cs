namespace SseKit.Storage.FileLog;

/// <summary>A topic as it will be when the batch on its way is on the disk.</summary>
internal sealed class SseLogPending(long sequence, SseTopicCompletion completion)
{
    public long Sequence { get; set; } = sequence;

    public SseTopicCompletion Completion { get; set; } = completion;

    public Dictionary<UInt128, long>? Keys { get; set; }
}
