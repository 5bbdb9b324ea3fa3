using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SseKit.Tests.Stores;

/// <summary>Keeps events in memory until the process ends. TrimAsync stands for the retention of a real store.</summary>
internal sealed class SmallestEventStore : ISseEventStore
{
    private readonly Dictionary<string, Log> _logs = [];
    private readonly string _secret = RandomNumberGenerator.GetHexString(32);
    private long _deletions;

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken) =>
        Do(() => Append(request, Find(request.Topic, request.ExpectedEpoch)), cancellationToken);

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        Do(() => Read(Find(topic), after, maxEvents), cancellationToken);

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        Do<IReadOnlyList<SseTopicState>>(() => [.. topics.Select(topic => Find(topic).State)], cancellationToken);

    public async ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        await Do(() =>
        {
            Log log = _logs[topic] = Find(topic, expected?.Epoch, expected?.Sequence ?? 0);
            return log.Status = log.Status == SseTopicStatus.Open ? status : log.Status;
        }, cancellationToken);

    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        await Do(() => (Find(topic, expectedEpoch), _logs.Remove(topic), _deletions++), cancellationToken);

    public async ValueTask TrimAsync(string topic, long throughSequence, CancellationToken cancellationToken) =>
        await Do(() => _logs[topic].Trim(throughSequence), cancellationToken);

    private ValueTask<T> Do<T>(Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_logs)
        {
            return ValueTask.FromResult(work());
        }
    }

    // The epoch of an unused topic is computed, so that asking for a name leaves nothing behind. A deletion changes all of these.
    private Log Find(string topic, string? expectedEpoch = null, long reached = 0)
    {
        byte[] hash = SHA256.HashData(MemoryMarshal.AsBytes($"{_secret}{_deletions}/{topic}".AsSpan()));
        Log log = _logs.GetValueOrDefault(topic) ?? new Log(Convert.ToHexString(hash)[..16]);
        bool isExpected = (expectedEpoch ?? log.Epoch) == log.Epoch && log.State.Latest.Sequence >= reached;
        return isExpected ? log : throw new SseStaleEpochException { Topic = topic };
    }

    private SseAppendResult Append(SseAppendRequest request, Log log)
    {
        int found = request.IdempotencyKey is { } key ? log.Events.FindIndex(each => each.Key == key) : -1;
        if (found >= 0)
        {
            return new SseAppendResult { Position = new SsePosition(log.Epoch, log.Earliest + found), IsNew = false };
        }

        if (log.Status != SseTopicStatus.Open)
        {
            throw new SseTopicCompletedException { Topic = request.Topic };
        }

        log.Events.AddRange(request.Payloads.Select(payload => (payload, (string?)null)));
        log.Events[^1] = (log.Events[^1].Payload, request.IdempotencyKey);
        _logs[request.Topic] = log;
        return new SseAppendResult { Position = log.State.Latest, IsNew = true };
    }

    private static SseReadResult Read(Log log, SsePosition after, int maxEvents)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        bool isKnown = after.Epoch == log.Epoch && after.Sequence >= 0 && after.Sequence < log.Earliest + log.Events.Count;
        bool isHeld = isKnown && after.Sequence + 1 >= log.Earliest;
        var events = log.Events.Skip(isHeld ? (int)(after.Sequence + 1 - log.Earliest) : int.MaxValue).Take(maxEvents)
            .Select((each, i) => new SseStoredEvent { Sequence = after.Sequence + 1 + i, Payload = each.Payload });
        SseReadStatus status = isHeld ? SseReadStatus.Ok : isKnown ? SseReadStatus.Expired : SseReadStatus.Unknown;
        return new SseReadResult { Status = status, Events = [.. events], State = log.State };
    }

    private sealed record Log(string Epoch)
    {
        public List<(ReadOnlyMemory<byte> Payload, string? Key)> Events { get; } = [];
        public long Earliest { get; set; } = 1;
        public SseTopicStatus Status { get; set; }
        public SseTopicState State =>
            new() { Latest = new(Epoch, Earliest + Events.Count - 1), EarliestSequence = Earliest, Status = Status };

        public long Trim(long throughSequence)
        {
            Events.RemoveRange(0, (int)(throughSequence - Earliest + 1));
            return Earliest = throughSequence + 1;
        }
    }
}
