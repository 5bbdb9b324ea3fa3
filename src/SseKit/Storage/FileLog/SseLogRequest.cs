namespace SseKit.Storage.FileLog;

/// <summary>Something that a caller wants written, and what the writer notes of it on the way.</summary>
internal sealed class SseLogRequest(SseLogRequestKind kind, string topic) : TaskCompletionSource<SseAppendResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public SseLogRequestKind Kind { get; } = kind;

    public string Topic { get; } = topic;

    public ReadOnlyMemory<byte> Payload { get; init; }

    public string? Key { get; init; }

    public UInt128? KeyHash { get; init; }

    public SseTopicStatus Status { get; init; }

    /// <summary>The epoch that the topic's log must have; null for any.</summary>
    public string? ExpectedEpoch { get; init; }

    /// <summary>The topic, where it is or will be one.</summary>
    public SseLogTopic? Log { get; set; }

    /// <summary>Whether it begins the topic.</summary>
    public bool Creates { get; set; }

    /// <summary>A topic that is forgotten for it, and the generation of its bucket from then on.</summary>
    public (SseLogTopic Topic, long Generation)? Evicts { get; set; }

    /// <summary>The generation of the topic's bucket when it is deleted.</summary>
    public long Generation { get; set; }

    /// <summary>Whether there is nothing to write: the key is known, the topic completed, or its log another than expected.</summary>
    public bool IsSettled { get; set; }

    public Exception? Refusal { get; set; }

    public SsePosition Position { get; set; }

    public SseLogEntry Entry { get; set; }

    /// <summary>Adds the frames that say it, and notes where its event will lie.</summary>
    public void WriteTo(SseLogBuffer buffer, uint segment, uint seconds)
    {
        if (IsSettled)
        {
            return;
        }

        if (Evicts is { } evicted)
        {
            buffer.AddDeleted(evicted.Topic.Id, SseLogEpochs.BucketOf(evicted.Topic.Name), evicted.Generation);
        }

        if (Creates)
        {
            buffer.AddTopic(Log!.Record);
        }

        switch (Kind)
        {
            case SseLogRequestKind.Append:
                long offset = buffer.Offset;
                buffer.AddEvent(Log!.Id, Position.Sequence, seconds, Key, Payload.Span);
                Entry = new SseLogEntry(segment, checked((uint)offset), (int)(buffer.Offset - offset), seconds);
                break;
            case SseLogRequestKind.Complete:
                buffer.AddCompleted(Log!.Id, Status);
                break;
            case SseLogRequestKind.Delete:
                buffer.AddDeleted(Log?.Id ?? 0, SseLogEpochs.BucketOf(Topic), Generation);
                break;
            case SseLogRequestKind.Close:
                buffer.AddClosed();
                break;
        }
    }
}
