using System.Security.Cryptography;
using System.Text;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A store in memory that can fail over: its logs then continue without their last events, which were acknowledged. It keeps all else.
/// </summary>
internal sealed class ForkingEventStore : ISseEventStore, ISseTopicChangeSource
{
    private const int MaxForks = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Log> _logs = [];
    private Action<string?> _topicChanged = _ => { };
    private int _history = 1;
    private int _deletions;
    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Is thrown after the next append, whose outcome is then unknown to its caller.</summary>
    public Exception? FailureAfterAppend { get; set; }

    /// <summary>Is called by the next completion, before it reads the log.</summary>
    public Action? BeforeCompletion { get; set; }

    /// <summary>Fails over, and notifies no one.</summary>
    /// <param name="losses">How many events each topic loses.</param>
    public void FailOver(params (string Topic, int Lost)[] losses)
    {
        lock (_gate)
        {
            _history++;
            foreach ((string topic, int lost) in losses)
            {
                Log log = _logs[topic];
                log.Events.RemoveRange(log.Events.Count - lost, lost);
                log.Status = lost > 0 ? SseTopicStatus.Open : log.Status;
                if (log.Latest.Sequence == 0)
                {
                    _logs.Remove(topic);
                }
            }
        }
    }

    /// <summary>Notifies the app that a topic may have changed; null for any.</summary>
    public void Notify(string? topic) => _topicChanged(topic);

    /// <summary>Deletes a topic's events up to this one.</summary>
    public void Expire(string topic, long throughSequence)
    {
        lock (_gate)
        {
            Log log = _logs[topic];
            log.Events.RemoveRange(0, (int)(throughSequence + 1 - log.Earliest));
            log.Earliest = throughSequence + 1;
        }
    }

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Log log = Find(request.Topic, request.ExpectedEpoch);
            int found = request.IdempotencyKey is { } key ? log.Events.FindIndex(each => each.Key == key) : -1;
            if (found >= 0)
            {
                SsePosition position = log.Latest with { Sequence = log.Earliest + found };
                return ValueTask.FromResult(new SseAppendResult { Position = position, IsNew = false });
            }

            if (log.Status != SseTopicStatus.Open)
            {
                throw SseTopicCompletedException.ForTopic(request.Topic);
            }

            Continue(request.Topic, log);
            log.Events.AddRange(request.Payloads.Select(payload => (payload, (string?)null)));
            log.Events[^1] = (log.Events[^1].Payload, request.IdempotencyKey);
            if (FailureAfterAppend is { } failure)
            {
                FailureAfterAppend = null;
                throw failure;
            }

            return ValueTask.FromResult(new SseAppendResult { Position = log.Latest, IsNew = true });
        }
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        lock (_gate)
        {
            Log log = Find(topic);
            long shared = after.Epoch == log.Epoch ? log.Latest.Sequence : SharedBy(log, after.Epoch);
            SseReadStatus status = after.Sequence < 0 || after.Sequence > shared
                ? SseReadStatus.Unknown
                : after.Sequence + 1 < log.Earliest ? SseReadStatus.Expired : SseReadStatus.Ok;
            SseStoredEvent[] events = status != SseReadStatus.Ok ? [] :
            [
                .. log.Events.Skip((int)(after.Sequence + 1 - log.Earliest)).Take(maxEvents).Select(
                    (each, i) => new SseStoredEvent { Sequence = after.Sequence + 1 + i, Payload = each.Payload }),
            ];
            return ValueTask.FromResult(new SseReadResult { Status = status, Events = events, State = log.State });
        }
    }

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<SseTopicState>>([.. topics.Select(topic => Find(topic).State)]);
        }
    }

    public ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Action? before = BeforeCompletion;
            BeforeCompletion = null;
            before?.Invoke();
            Log log = Find(topic, expected?.Epoch);
            if (expected is { } position && position.Sequence > log.Latest.Sequence)
            {
                throw SseStaleEpochException.ForTopic(topic, position);
            }

            if (log.Status == SseTopicStatus.Open)
            {
                Continue(topic, log);
                log.Status = status;
            }
        }

        return default;
    }

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Find(topic, expectedEpoch);
            _logs.Remove(topic);
            _deletions++;
        }

        return default;
    }

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        _topicChanged += topicChanged;
        return new MemoryStream();
    }

    private static long SharedBy(Log log, string epoch) => log.Forks.Find(fork => fork.Epoch == epoch)?.Sequence ?? -1;

    private Log Find(string topic, string? expectedEpoch = null)
    {
        Log log = _logs.GetValueOrDefault(topic) ?? new Log(EpochOf(topic, _history), _history)
        {
            Forks = [.. Enumerable.Range(1, _history - 1).Reverse().Take(MaxForks).Select(each => new Fork(EpochOf(topic, each), 0))],
        };
        return (expectedEpoch ?? log.Epoch) == log.Epoch ? log : throw SseStaleEpochException.ForTopic(topic, expectedEpoch!);
    }

    // The first change after a failover continues the log under another epoch.
    private void Continue(string topic, Log log)
    {
        if (log.History != _history)
        {
            long head = log.Latest.Sequence;
            IEnumerable<Fork> earlier = log.Forks.Select(fork => fork with { Sequence = Math.Min(fork.Sequence, head) });
            log.Forks = [.. earlier.Prepend(new Fork(log.Epoch, head)).Take(MaxForks)];
            log.Epoch = EpochOf(log.Epoch, _history);
            log.History = _history;
        }

        _logs[topic] = log;
    }

    private string EpochOf(string origin, int history) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{_deletions}/{history}/{origin}")))[..16];

    private sealed record Fork(string Epoch, long Sequence);

    private sealed class Log(string epoch, int history)
    {
        public string Epoch { get; set; } = epoch;

        public int History { get; set; } = history;

        public List<(ReadOnlyMemory<byte> Payload, string? Key)> Events { get; } = [];

        public long Earliest { get; set; } = 1;

        public SseTopicStatus Status { get; set; }

        public List<Fork> Forks { get; set; } = [];

        public SsePosition Latest => new(Epoch, Earliest + Events.Count - 1);

        public SseTopicState State => new()
        {
            Latest = Latest,
            EarliestSequence = Earliest,
            Status = Status,
            Forks = [.. Forks.Select(fork => new SsePosition(fork.Epoch, fork.Sequence))],
        };
    }
}
