namespace SseKit.PostgreSql;

/// <summary>The events that wait to be appended to one topic. The queue's gate guards it.</summary>
internal sealed class SseTopicAppends(string topic)
{
    public string Topic { get; } = topic;

    public byte[] Name { get; } = SseTopicKey.Encode(topic);

    public Queue<SsePendingAppend> Waiting { get; private set; } = new();

    public void PutBack(IEnumerable<SsePendingAppend> appends) => Waiting = new Queue<SsePendingAppend>([.. appends, .. Waiting]);
}
