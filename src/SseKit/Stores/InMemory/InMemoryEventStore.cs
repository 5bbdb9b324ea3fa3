using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SseKit.Stores.InMemory;

/// <summary>
/// Keeps events in memory, bounded by count, bytes and age together, for each topic and in all (I8). The events are lost when the process
/// ends: every topic then has another epoch, and a gap is reported to clients that reconnect. A log begins with its first event or its
/// completion; reading an unused topic leaves nothing in the store (I10).
/// </summary>
internal sealed partial class InMemoryEventStore(
    SseInMemoryEventStoreOptions options, TimeProvider time, ILogger? logger = null, EvictedEvents? evicted = null)
    : ISseEventStore, ISseTopicChangeSource, ISseTopicLimits, IFollowerAware
{
    private const int TopicEvictedEventId = 120;

    // If all topics are completed or followed, each new one evicts one. A log message reports that periodically, with a count.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly InMemoryTopics _topics = new();
    private readonly UnusedEpochs _unused = new();
    private readonly Queue<(InMemoryTopic Topic, long Sequence)> _byAge = new();
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly EvictedEvents _evicted = evicted ?? new EvictedEvents();
    private Action<string?>? _topicChanged;
    private DateTimeOffset _nextReport = DateTimeOffset.MinValue;
    private int _unreported;
    private long _events;
    private long _bytes;

    /// <summary>
    /// The sizes of what the store holds, all of which are bounded (I8). Entries are those of the queue by age, including deleted events.
    /// </summary>
    public (int Topics, long Events, long Bytes, int Entries) Held
    {
        get
        {
            lock (_gate)
            {
                return (_topics.Count, _events, _bytes, _byAge.Count);
            }
        }
    }

    public long MaxEventsPerTopic => options.MaxEventsPerTopic;

    public long MaxBytesPerTopic => options.MaxBytesPerTopic;

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        InMemoryTopic? evicted = null;
        SsePosition appended;
        lock (_gate)
        {
            EvictExpiredLocked();
            InMemoryTopic? log = UseLocked(request.Topic, request.ExpectedEpoch);
            if (log is not null && log.TryFind(request.IdempotencyKey, out SsePosition first))
            {
                return ValueTask.FromResult(new SseAppendResult { Position = first, IsNew = false });
            }

            if (log is { Status: not SseTopicStatus.Open })
            {
                throw SseTopicCompletedException.ForTopic(request.Topic);
            }

            log ??= BeginLocked(request.Topic, out evicted);
            AddLocked(log, request);
            _topics.Touch(log);
            EvictLocked(log);
            appended = log.Latest;
        }

        Report(evicted);
        return ValueTask.FromResult(new SseAppendResult { Position = appended, IsNew = true });
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        lock (_gate)
        {
            EvictExpiredLocked();
            return ValueTask.FromResult((UseLocked(topic, expectedEpoch: null) ?? UnusedLocked(topic)).Read(after, maxEvents));
        }
    }

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var states = new SseTopicState[topics.Count];
        lock (_gate)
        {
            EvictExpiredLocked();
            for (int i = 0; i < states.Length; i++)
            {
                states[i] = (UseLocked(topics[i], expectedEpoch: null) ?? UnusedLocked(topics[i])).State;
            }
        }

        return ValueTask.FromResult<IReadOnlyList<SseTopicState>>(states);
    }

    public ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        InMemoryTopic? evicted = null;
        lock (_gate)
        {
            InMemoryTopic? used = UseLocked(topic, expected?.Epoch);
            if (expected is { } position && position.Sequence > (used?.Latest.Sequence ?? 0))
            {
                throw SseStaleEpochException.ForTopic(topic, position);
            }

            InMemoryTopic log = used ?? BeginLocked(topic, out evicted);
            if (log.Status == SseTopicStatus.Open)
            {
                log.Status = status;
                _topics.Touch(log);
            }
        }

        Report(evicted);
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            DropLocked(UseLocked(topic, expectedEpoch) ?? UnusedLocked(topic));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Calls back when a topic was evicted. No other process writes to this memory.</summary>
    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        lock (_gate)
        {
            _topicChanged += topicChanged;
        }

        return new Subscription(this, topicChanged);
    }

    public void UseFollowers(Func<string, bool> isFollowed) => _topics.IsFollowed = isFollowed;

    // Null if the topic has no log. The epoch of its next log is compared then.
    private InMemoryTopic? UseLocked(string topic, string? expectedEpoch)
    {
        InMemoryTopic? log = _topics.Find(topic);
        if (expectedEpoch is not null && expectedEpoch != (log?.Latest.Epoch ?? _unused.Of(topic)))
        {
            throw SseStaleEpochException.ForTopic(topic, expectedEpoch);
        }

        if (log is not null)
        {
            _topics.Touch(log);
        }

        return log;
    }

    private InMemoryTopic UnusedLocked(string topic) => new(topic, _unused.Of(topic));

    private InMemoryTopic BeginLocked(string topic, out InMemoryTopic? evicted)
    {
        evicted = null;
        InMemoryTopic log = UnusedLocked(topic);
        if (_topics.Count == options.MaxTopics)
        {
            evicted = _topics.First();
            _evicted.Add(evicted.Count);
            DropLocked(evicted);
        }

        _topics.Add(log);
        return log;
    }

    // The key is stored with the last event, and is held as long as that one.
    private void AddLocked(InMemoryTopic log, SseAppendRequest request)
    {
        DateTimeOffset now = time.GetUtcNow();
        for (int i = 0; i < request.Payloads.Count; i++)
        {
            string? key = i == request.Payloads.Count - 1 ? request.IdempotencyKey : null;
            _bytes += log.Append(request.Payloads[i], key, now);
            _byAge.Enqueue((log, log.Latest.Sequence));
            _events++;
        }
    }

    // Outside the lock: followers wake, and read another log from the store.
    private void Report(InMemoryTopic? evicted)
    {
        if (evicted is null)
        {
            return;
        }

        bool isFollowed = _topics.IsFollowed(evicted.Name);
        Volatile.Read(ref _topicChanged)?.Invoke(evicted.Name);
        if ((isFollowed || evicted.Status != SseTopicStatus.Open) && IsToBeReported(out int count))
        {
            Log.Evicted(_logger, options.MaxTopics, count, evicted.Name);
        }
    }

    private bool IsToBeReported(out int count)
    {
        lock (_gate)
        {
            count = ++_unreported;
            if (time.GetUtcNow() < _nextReport)
            {
                return false;
            }

            _unreported = 0;
            _nextReport = time.GetUtcNow() + ReportInterval;
            return true;
        }
    }

    private sealed class Subscription(InMemoryEventStore store, Action<string?> topicChanged) : IDisposable
    {
        public void Dispose()
        {
            lock (store._gate)
            {
                store._topicChanged -= topicChanged;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            TopicEvictedEventId,
            LogLevel.Warning,
            "The in-memory event store is full (MaxTopics: {MaxTopics}); it evicted {Count} completed or followed topics, {Topic} last.")]
        public static partial void Evicted(ILogger logger, int maxTopics, int count, string topic);
    }
}
