namespace SseKit.Storage.FileLog;

/// <summary>Rebuilds the state from frames in the order in which they were written. Nobody else has the state yet.</summary>
internal sealed class SseLogReplay(SseLogState state)
{
    private readonly HashSet<long> _listed = [];
    private int _stillListed;

    /// <summary>
    /// Whether the heads and epochs of all topics are known. Damage may have taken a topic's last events, and numbers that were given out once
    /// would be given out again; the next checkpoint that is whole puts it right.
    /// </summary>
    public bool IsCertain { get; private set; } = true;

    /// <summary>Whether the last frame says that the log was closed.</summary>
    public bool IsClosed { get; private set; }

    public void Damage()
    {
        IsCertain = false;
        _stillListed = 0;
    }

    public void Apply(ReadOnlySpan<byte> frame, SseLogSegment segment, long offset)
    {
        SseLogFrameKind kind = SseLogFrame.KindOf(frame);
        IsClosed = kind == SseLogFrameKind.Closed;
        switch (kind)
        {
            case SseLogFrameKind.Event:
                Append(frame, segment, offset);
                break;

            case SseLogFrameKind.Topic:
                Set(SseLogTopicRecord.Read(frame));
                break;

            case SseLogFrameKind.Completed:
                if (state.Find(SseLogFrame.TopicOf(frame)) is { } completed)
                {
                    completed.Status = (SseTopicStatus)frame[19];
                }

                break;

            case SseLogFrameKind.Deleted:
                if (state.Find(SseLogFrame.TopicOf(frame)) is { } deleted)
                {
                    state.Remove(deleted);
                }

                state.Epochs.ReadDeletion(frame);
                break;

            case SseLogFrameKind.Checkpoint:
                state.NextTopic = Math.Max(state.NextTopic, state.Epochs.ReadCheckpoint(frame, out _stillListed));
                _listed.Clear();
                EndCheckpointWhereDue(segment, offset + frame.Length);
                return;
        }

        if (kind == SseLogFrameKind.Topic && _stillListed > 0)
        {
            _stillListed--;
            _listed.Add(SseLogFrame.TopicOf(frame));
            EndCheckpointWhereDue(segment, offset + frame.Length);
        }
    }

    private void EndCheckpointWhereDue(SseLogSegment segment, long end)
    {
        if (_stillListed > 0)
        {
            return;
        }

        foreach (SseLogTopic gone in state.Topics.Where(topic => !_listed.Contains(topic.Id)).ToList())
        {
            state.Remove(gone);
        }

        segment.OpeningLength = end;
        IsCertain = true;
    }

    private void Set(SseLogTopicRecord record)
    {
        state.NextTopic = Math.Max(state.NextTopic, record.Id + 1);
        SseLogTopic? topic = state.Find(record.Id);
        if (topic is null)
        {
            if (state.FindByName(record.Name) is { } former)
            {
                state.Remove(former);
            }

            topic = new SseLogTopic(record.Id, record.Name, record.Latest.Epoch);
            state.Add(topic);
        }

        if (topic.Latest.Sequence != record.Latest.Sequence)
        {
            GoOnBehind(topic, record.Latest.Sequence);
        }

        state.DropThrough(topic, record.EarliestSequence - 1);
        topic.Renew(record.Latest.Epoch);
        topic.Status = record.Status;
    }

    private void Append(ReadOnlySpan<byte> frame, SseLogSegment segment, long offset)
    {
        var read = new SseLogEvent(frame);
        SseLogTopic? topic = state.Find(read.Topic);
        if (topic is null || read.Sequence <= topic.Latest.Sequence)
        {
            segment.DeadEvents++;
            segment.DeadBytes += frame.Length;
            return;
        }

        if (read.Sequence > topic.Latest.Sequence + 1)
        {
            GoOnBehind(topic, read.Sequence - 1);
        }

        UInt128? key = read.Key is { } text ? SseLogKeys.HashOf(text) : null;
        state.Append(topic, new SseLogEntry(segment.Ordinal, (uint)offset, frame.Length, read.Seconds), key);
    }

    // What is held of a topic has no holes, so what lies before one is gone.
    private void GoOnBehind(SseLogTopic topic, long sequence)
    {
        state.DropThrough(topic, topic.Latest.Sequence);
        topic.MoveHead(sequence);
    }
}
