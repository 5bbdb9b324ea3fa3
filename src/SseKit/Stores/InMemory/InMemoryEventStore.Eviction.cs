namespace SseKit.Stores.InMemory;

/// <summary>Deletes events and topics beyond the bounds.</summary>
internal sealed partial class InMemoryEventStore
{
    private const int CompactionThreshold = 1024;

    private void DropLocked(InMemoryTopic log)
    {
        while (log.Count > 0)
        {
            DropOldestLocked(log);
        }

        _topics.Remove(log);
        _unused.Advance(log.Name);
    }

    private void EvictLocked(InMemoryTopic log)
    {
        while (log.Count > options.MaxEventsPerTopic || (log.Bytes > options.MaxBytesPerTopic && log.Count > 1))
        {
            EvictOldestLocked(log);
        }

        EvictExpiredLocked();
        CompactLocked();
    }

    // The queue is in the order of appends, so its front is the oldest event of its topic, or is deleted already.
    private void EvictExpiredLocked()
    {
        DateTimeOffset expired = options.MaxAge == Timeout.InfiniteTimeSpan ? DateTimeOffset.MinValue : time.GetUtcNow() - options.MaxAge;
        while (_byAge.TryPeek(out (InMemoryTopic Topic, long Sequence) oldest))
        {
            bool held = oldest.Sequence >= oldest.Topic.EarliestSequence;
            bool tooMuch = _bytes > options.MaxBytes && _events > 1;
            if (held && !tooMuch && oldest.Topic.OldestTime > expired)
            {
                return;
            }

            _byAge.Dequeue();
            if (held)
            {
                EvictOldestLocked(oldest.Topic);
            }
        }
    }

    private void EvictOldestLocked(InMemoryTopic log)
    {
        DropOldestLocked(log);
        _evicted.Add(1);
    }

    private void DropOldestLocked(InMemoryTopic log)
    {
        _bytes -= log.DropOldest();
        _events--;
        if (log.Count == 0)
        {
            _topics.Touch(log);
        }
    }

    // A busy topic deletes its own events long before they reach the front of the queue. Their entries would accumulate (I8).
    private void CompactLocked()
    {
        if (_byAge.Count <= CompactionThreshold + (2 * _events))
        {
            return;
        }

        int count = _byAge.Count;
        for (int i = 0; i < count; i++)
        {
            (InMemoryTopic Topic, long Sequence) entry = _byAge.Dequeue();
            if (entry.Sequence >= entry.Topic.EarliestSequence)
            {
                _byAge.Enqueue(entry);
            }
        }
    }
}
