namespace SseKit.Storage.FileLog;

/// <summary>
/// Decides what each request of a batch comes to: the position of an event, a topic to begin or to forget, a key that is known. Readers see nothing
/// of it before
/// <see cref="Commit"/>. All members are for those who hold the state's gate.
/// </summary>
internal sealed class SseLogPlan(SseFileStoreOptions options, SseLogState state)
{
    // The flush is shared; a batch beyond this only makes those at its end wait (I8).
    private const long MaxBytes = 4 * 1024 * 1024;

    private readonly List<SseLogTopic> _touched = [];
    private readonly Dictionary<string, SseLogTopic> _created = [];
    private readonly HashSet<string> _deleted = [];
    private long _bytes;
    private int _evicted;

    /// <summary>Whether somebody asked to let go of what is too old.</summary>
    public bool WantsTidying { get; private set; }

    public void Begin()
    {
        Abandon();
        _bytes = 0;
        WantsTidying = false;
    }

    /// <summary>Takes a request into the batch. False where it belongs into the next one.</summary>
    public bool TryAdd(SseLogRequest request, bool first)
    {
        // Cancelled before it began.
        if (request.Task.IsCompleted)
        {
            request.IsSettled = true;
            return true;
        }

        _bytes += request.Payload.Length;
        if (!first && (_bytes > MaxBytes || _deleted.Contains(request.Topic)))
        {
            return false;
        }

        if (request.ExpectedEpoch is { } expected && expected != EpochOf(request.Topic))
        {
            request.IsSettled = true;
            request.Refusal = SseStaleEpochException.Of(request.Topic, expected);
            return true;
        }

        switch (request.Kind)
        {
            case SseLogRequestKind.Append:
                return TryAppend(request);
            case SseLogRequestKind.Complete:
                return TryComplete(request);
            case SseLogRequestKind.Delete:
                return TryDelete(request);
            default:
                WantsTidying |= request.Kind == SseLogRequestKind.Tidy;
                return true;
        }
    }

    /// <summary>The batch is written.</summary>
    public void Commit(List<SseLogRequest> batch)
    {
        foreach (SseLogRequest request in batch)
        {
            if (!request.IsSettled)
            {
                Carry(request);
            }
        }

        Abandon();
    }

    /// <summary>The batch is over.</summary>
    public void Abandon()
    {
        foreach (SseLogTopic topic in _touched)
        {
            topic.Pending = null;
        }

        _touched.Clear();
        _created.Clear();
        _deleted.Clear();
        _evicted = 0;
    }

    private bool TryAppend(SseLogRequest request)
    {
        SseLogTopic? topic = Find(request.Topic);
        if (topic is not null && TryFindKey(topic, request.KeyHash) is { } known)
        {
            request.IsSettled = true;
            request.Position = topic.Latest with { Sequence = known };
            return true;
        }

        if (topic is not null && CompletionOf(topic) != SseTopicStatus.Open)
        {
            request.IsSettled = true;
            request.Refusal = SseTopicCompletedException.Of(request.Topic);
            return true;
        }

        topic ??= TryCreate(request);
        if (topic is null)
        {
            return false;
        }

        SseLogPending pending = Touch(topic);
        pending.Sequence++;
        if (request.KeyHash is { } key)
        {
            (pending.Keys ??= []).Add(key, pending.Sequence);
        }

        request.Log = topic;
        request.Position = topic.Latest with { Sequence = pending.Sequence };
        return true;
    }

    private bool TryComplete(SseLogRequest request)
    {
        SseLogTopic? topic = Find(request.Topic);
        if (topic is not null && CompletionOf(topic) != SseTopicStatus.Open)
        {
            request.IsSettled = true;
            return true;
        }

        topic ??= TryCreate(request);
        if (topic is null)
        {
            return false;
        }

        Touch(topic).Status = request.Status;
        request.Log = topic;
        return true;
    }

    private bool TryDelete(SseLogRequest request)
    {
        if (_created.ContainsKey(request.Topic))
        {
            return false;
        }

        request.Log = state.Find(request.Topic);
        request.Generation = state.Epochs.TakeGeneration();
        _deleted.Add(request.Topic);
        return true;
    }

    private SseLogTopic? Find(string name) => _created.GetValueOrDefault(name) ?? state.Find(name);

    private string EpochOf(string name) => Find(name)?.Latest.Epoch ?? state.Epochs.Of(name);

    private static long? TryFindKey(SseLogTopic topic, UInt128? key)
    {
        if (key is not { } hash)
        {
            return null;
        }

        long sequence = 0;
        return topic.TryFind(hash, out sequence) || topic.Pending?.Keys?.TryGetValue(hash, out sequence) == true ? sequence : null;
    }

    private static SseTopicStatus CompletionOf(SseLogTopic topic) => topic.Pending?.Status ?? topic.Status;

    private SseLogPending Touch(SseLogTopic topic)
    {
        if (topic.Pending is null)
        {
            topic.Pending = new SseLogPending(topic.Latest.Sequence, topic.Status);
            _touched.Add(topic);
        }

        return topic.Pending;
    }

    // Null where a topic has to be forgotten first that this batch uses.
    private SseLogTopic? TryCreate(SseLogRequest request)
    {
        if (state.Topics.Count + _created.Count - _evicted >= options.MaxTopics)
        {
            if (state.LeastUsed is not { Pending: null } least || !_deleted.Add(least.Name))
            {
                return null;
            }

            _evicted++;
            request.Evicts = (least, state.Epochs.TakeGeneration());
        }

        var topic = new SseLogTopic(state.NextTopic++, request.Topic, state.Epochs.Of(request.Topic));
        _created.Add(topic.Name, topic);
        request.Creates = true;
        return topic;
    }

    private void Carry(SseLogRequest request)
    {
        if (request.Evicts is { } evicted)
        {
            Forget(evicted.Topic, evicted.Topic.Name, evicted.Generation);
        }

        if (request.Creates)
        {
            state.Add(request.Log!);
        }

        switch (request.Kind)
        {
            case SseLogRequestKind.Append:
                state.Append(request.Log!, request.Entry, request.KeyHash);
                break;
            case SseLogRequestKind.Complete:
                request.Log!.Status = request.Status;
                break;
            case SseLogRequestKind.Delete:
                Forget(request.Log, request.Topic, request.Generation);
                break;
        }
    }

    private void Forget(SseLogTopic? topic, string name, long generation)
    {
        if (topic is not null)
        {
            state.Remove(topic);
        }

        state.Epochs.Set(SseLogEpochs.BucketOf(name), generation);
    }
}
