namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A store whose logs can go back under their epochs, as they do when a database is promoted that lacks the last transactions, or
/// restored from a backup. It never
/// completes a topic.
/// </summary>
internal sealed class ForgetfulStore : ISseEventStore
{
    private const string Epoch = "epoch";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<ReadOnlyMemory<byte>>> _logs = [];
    private Action<string?> _topicChanged = _ => { };
    private int _reads;

    /// <summary>Every position is unknown, and the head is elsewhere in each answer.</summary>
    public bool ContradictsItself { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Sets a log back to where it was, and appends to it as another server would, without a notification.</summary>
    public void SetBack(string topic, int head, params ReadOnlyMemory<byte>[] then)
    {
        lock (_gate)
        {
            List<ReadOnlyMemory<byte>> log = Log(topic);
            log.RemoveRange(head, log.Count - head);
            log.AddRange(then);
        }
    }

    /// <summary>Tells the app that a topic may have changed.</summary>
    public void Notify(string topic) => _topicChanged(topic);

    public ValueTask<SseAppendResult> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Log(topic).Add(payload);
            return ValueTask.FromResult(new SseAppendResult(State(topic).Latest, IsNew: true));
        }
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        int read = Interlocked.Increment(ref _reads);
        lock (_gate)
        {
            SseTopicState state = State(topic);
            if (ContradictsItself)
            {
                state = state with { Latest = state.Latest with { Sequence = (read % 2) + 1 } };
                return ValueTask.FromResult(new SseReadResult(SseReadStatus.Unknown, [], state));
            }

            if (after.Epoch != Epoch || after.Sequence > state.Latest.Sequence)
            {
                return ValueTask.FromResult(new SseReadResult(SseReadStatus.Unknown, [], state));
            }

            SseStoredEvent[] events =
            [
                .. Log(topic).Index().Skip((int)after.Sequence).Take(maxEvents).Select(each => new SseStoredEvent(each.Index + 1, each.Item)),
            ];
            return ValueTask.FromResult(new SseReadResult(SseReadStatus.Ok, events, state));
        }
    }

    public ValueTask<SseTopicState> GetStateAsync(string topic, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(State(topic));
        }
    }

    public ValueTask CompleteAsync(
        string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        _topicChanged = topicChanged;
        return new MemoryStream();
    }

    private SseTopicState State(string topic) => new(new SsePosition(Epoch, Log(topic).Count), 1, SseTopicStatus.Open);

    private List<ReadOnlyMemory<byte>> Log(string topic) =>
        _logs.TryGetValue(topic, out List<ReadOnlyMemory<byte>>? log) ? log : _logs[topic] = [];
}
