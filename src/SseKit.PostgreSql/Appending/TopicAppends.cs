namespace SseKit.PostgreSql;

/// <summary>The events that wait to be appended to one topic. Guarded by the queue's lock.</summary>
internal sealed class TopicAppends(string topic)
{
    public string Topic { get; } = topic;

    public byte[] Name { get; } = TopicKey.Encode(topic);

    public Queue<PendingAppend> Waiting { get; private set; } = new();

    public void PutBack(IEnumerable<PendingAppend> appends) => Waiting = new Queue<PendingAppend>([.. appends, .. Waiting]);
}
