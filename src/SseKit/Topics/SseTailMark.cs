namespace SseKit.Topics;

/// <summary>
/// What was known of a topic's log before the store was asked. The store holds at least that, so an answer that ends before it
/// contradicts what followers have read: the
/// store has lost events that it had acknowledged.
/// </summary>
/// <param name="Branch">How often the topic's log had gone back.</param>
/// <param name="Epoch">The log's epoch, or null if nothing was known.</param>
/// <param name="LastSequence">The last event that was known.</param>
internal readonly record struct SseTailMark(int Branch, string? Epoch, long LastSequence)
{
    public bool IsContradictedBy(SsePosition head) => head.Epoch == Epoch && head.Sequence < LastSequence;
}
