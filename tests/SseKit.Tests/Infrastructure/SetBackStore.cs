namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A store whose logs can go back under their epochs, as after the promotion of a standby that lacks the last transactions, or after a
/// restored backup. It never completes a topic.
/// </summary>
internal sealed class SetBackStore : ISseEventStore, ISseTopicChangeSource
{
    private const string Epoch = "epoch";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<ReadOnlyMemory<byte>>> _logs = [];
    private Action<string?> _topicChanged = _ => { };
    private int _reads;

    /// <summary>Every position is unknown, and each answer has another latest position.</summary>
    public bool ContradictsItself { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Sets a log back, and appends to it as another server would, without a notification.</summary>
    public void SetBack(string topic, int head, params ReadOnlyMemory<byte>[] then)
    {
        lock (_gate)
        {
            List<ReadOnlyMemory<byte>> log = Log(topic);
            log.RemoveRange(head, log.Count - head);
            log.AddRange(then);
        }
    }

    /// <summary>Notifies the app that a topic may have changed.</summary>
    public void Notify(string topic) => _topicChanged(topic);

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Log(request.Topic).AddRange(request.Payloads);
            return ValueTask.FromResult(new SseAppendResult { Position = State(request.Topic).Latest, IsNew = true });
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
                return ValueTask.FromResult(new SseReadResult { Status = SseReadStatus.Unknown, Events = [], State = state });
            }

            if (after.Epoch != Epoch || after.Sequence > state.Latest.Sequence)
            {
                return ValueTask.FromResult(new SseReadResult { Status = SseReadStatus.Unknown, Events = [], State = state });
            }

            SseStoredEvent[] events =
            [
                .. Log(topic).Index().Skip((int)after.Sequence).Take(maxEvents).Select(
                    each => new SseStoredEvent { Sequence = each.Index + 1, Payload = each.Item }),
            ];
            return ValueTask.FromResult(new SseReadResult { Status = SseReadStatus.Ok, Events = events, State = state });
        }
    }

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<SseTopicState>>([.. topics.Select(State)]);
        }
    }

    public ValueTask CompleteAsync(
        string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        _topicChanged = topicChanged;
        return new MemoryStream();
    }

    private SseTopicState State(string topic) =>
        new() { Latest = new SsePosition(Epoch, Log(topic).Count), EarliestSequence = 1, Status = SseTopicStatus.Open };

    private List<ReadOnlyMemory<byte>> Log(string topic) =>
        _logs.TryGetValue(topic, out List<ReadOnlyMemory<byte>>? log) ? log : _logs[topic] = [];
}
