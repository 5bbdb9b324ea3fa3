using System.Security.Cryptography;

namespace SseKit.Storage;

/// <summary>
/// Keeps events in memory, bounded by count, bytes and age together, for each topic and in all (I8). What it holds is gone with
/// the process: then every topic has another epoch, and clients that come back are told of a gap.
/// </summary>
internal sealed class SseMemoryEventStore : ISseEventStore
{
    private const string EpochAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int EpochPrefixLength = 8;
    private const int CompactionThreshold = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<SseMemoryTopic>> _topics = [];
    private readonly LinkedList<SseMemoryTopic> _byUse = [];
    private readonly LinkedList<SseMemoryTopic> _emptyByUse = [];
    private readonly Queue<(SseMemoryTopic Topic, long Sequence)> _byAge = new();
    private readonly string _epochPrefix = RandomNumberGenerator.GetString(EpochAlphabet, EpochPrefixLength);
    private readonly SseMemoryStoreOptions _options;
    private readonly TimeProvider _time;
    private long _epochs;
    private long _events;
    private long _bytes;

    public SseMemoryEventStore(SseMemoryStoreOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
    }

    /// <summary>What is held. All of it is bounded (I8); places are those of events in the queue by age, dropped ones included.</summary>
    public (int Topics, long Events, long Bytes, int Places) Held
    {
        get
        {
            lock (_gate)
            {
                return (_topics.Count, _events, _bytes, _byAge.Count);
            }
        }
    }

    public ValueTask<SseAppendResult> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            SseMemoryTopic log = UseLocked(topic, expectedEpoch);
            EvictExpiredLocked();
            if (log.TryFind(idempotencyKey, out SsePosition first))
            {
                return ValueTask.FromResult(new SseAppendResult(first, IsNew: false));
            }

            if (log.Completion != SseTopicCompletion.Open)
            {
                throw new SseTopicCompletedException($"Topic '{topic}' is completed. Nothing can be published to it any more.");
            }

            _bytes += log.Append(payload, idempotencyKey, _time.GetUtcNow());
            _byAge.Enqueue((log, log.Head.Sequence));
            _events++;
            MoveFirstLocked(_topics[topic]);
            EvictLocked(log);
            return ValueTask.FromResult(new SseAppendResult(log.Head, IsNew: true));
        }
    }

    public ValueTask<SseStorePage> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        lock (_gate)
        {
            SseMemoryTopic log = UseLocked(topic);
            EvictExpiredLocked();
            return ValueTask.FromResult(log.Read(after, maxEvents));
        }
    }

    public ValueTask<SseTopicState> GetStateAsync(string topic, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            SseMemoryTopic log = UseLocked(topic);
            EvictExpiredLocked();
            return ValueTask.FromResult(log.State);
        }
    }

    public ValueTask CompleteAsync(string topic, SseTopicCompletion completion, string? expectedEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            SseMemoryTopic log = UseLocked(topic, expectedEpoch);
            if (log.Completion == SseTopicCompletion.Open)
            {
                log.Completion = completion;
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            SseMemoryTopic? log = _topics.GetValueOrDefault(topic)?.Value;
            if (expectedEpoch is not null && expectedEpoch != log?.Head.Epoch)
            {
                throw SseStaleEpochException.Of(topic, expectedEpoch);
            }

            if (log is not null)
            {
                ForgetLocked(log);
            }
        }

        return ValueTask.CompletedTask;
    }

    // Nobody else writes to the memory of this process.
    public IDisposable Subscribe(Action<string?> topicChanged) => SseNoSubscription.Instance;

    private SseMemoryTopic UseLocked(string topic, string? expectedEpoch)
    {
        SseMemoryTopic log = UseLocked(topic);
        return expectedEpoch is null || expectedEpoch == log.Head.Epoch ? log : throw SseStaleEpochException.Of(topic, expectedEpoch);
    }

    private SseMemoryTopic UseLocked(string topic)
    {
        if (_topics.TryGetValue(topic, out LinkedListNode<SseMemoryTopic>? node))
        {
            MoveFirstLocked(node);
            return node.Value;
        }

        var log = new SseMemoryTopic(topic, $"{_epochPrefix}{_epochs++}");
        if (_topics.Count == _options.MaxTopics)
        {
            // Whoever asks for names that nobody uses must not push events out.
            ForgetLocked((_emptyByUse.Last ?? _byUse.Last!).Value);
        }

        _topics.Add(topic, _emptyByUse.AddFirst(log));
        return log;
    }

    private void MoveFirstLocked(LinkedListNode<SseMemoryTopic> node)
    {
        node.List!.Remove(node);
        (node.Value.Count > 0 ? _byUse : _emptyByUse).AddFirst(node);
    }

    private void ForgetLocked(SseMemoryTopic log)
    {
        while (log.Count > 0)
        {
            DropOldestLocked(log);
        }

        _emptyByUse.Remove(_topics[log.Name]);
        _topics.Remove(log.Name);
    }

    private void EvictLocked(SseMemoryTopic log)
    {
        while (log.Count > _options.MaxEventsPerTopic || (log.Bytes > _options.MaxBytesPerTopic && log.Count > 1))
        {
            DropOldestLocked(log);
        }

        EvictExpiredLocked();
        CompactLocked();
    }

    // The queue is in the order of appends, so its front is the oldest event of its topic, or is gone already.
    private void EvictExpiredLocked()
    {
        DateTimeOffset expired = _options.MaxAge == Timeout.InfiniteTimeSpan ? DateTimeOffset.MinValue : _time.GetUtcNow() - _options.MaxAge;
        while (_byAge.TryPeek(out (SseMemoryTopic Topic, long Sequence) oldest))
        {
            bool held = oldest.Sequence >= oldest.Topic.OldestSequence;
            bool tooMuch = _bytes > _options.MaxBytes && _events > 1;
            if (held && !tooMuch && oldest.Topic.OldestTime > expired)
            {
                return;
            }

            _byAge.Dequeue();
            if (held)
            {
                DropOldestLocked(oldest.Topic);
            }
        }
    }

    private void DropOldestLocked(SseMemoryTopic log)
    {
        _bytes -= log.DropOldest();
        _events--;
        if (log.Count == 0)
        {
            MoveFirstLocked(_topics[log.Name]);
        }
    }

    // A busy topic drops its own events long before they reach the front of the queue. Their places would pile up (I8).
    private void CompactLocked()
    {
        if (_byAge.Count <= CompactionThreshold + (2 * _events))
        {
            return;
        }

        int count = _byAge.Count;
        for (int i = 0; i < count; i++)
        {
            (SseMemoryTopic Topic, long Sequence) place = _byAge.Dequeue();
            if (place.Sequence >= place.Topic.OldestSequence)
            {
                _byAge.Enqueue(place);
            }
        }
    }
}
