namespace SseKit.PostgreSql;

/// <summary>
/// Collects what is published at the same time, and has it appended together: what came while the last transaction was under way goes into the next one.
/// A topic is in one transaction at a time. Thread-safe.
/// </summary>
/// <remarks>
/// A topic's row may be locked for long, by a transaction of the app that published within it. Transactions over several topics never wait for such a row:
/// they leave the topic out, and it goes to the contended ones, each of which is waited for alone and not for long at once.
/// </remarks>
internal sealed class SseAppendQueue(Func<SseAppendBatch, bool, Task<bool[]>> append)
{
    /// <summary>How many transactions are under way at once.</summary>
    public const int Writers = 4;

    /// <summary>How many more wait for locked topics.</summary>
    public const int ContendedWriters = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SseTopicAppends> _topics = [];
    private readonly Queue<SseTopicAppends> _ready = new();
    private readonly Queue<SseTopicAppends> _contended = new();
    private int _writers;
    private int _contendedWriters;

    public ValueTask<SseAppendResult> AppendAsync(string topic, SsePendingAppend pending, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out SseTopicAppends? appends))
            {
                appends = new SseTopicAppends(topic);
                _topics.Add(topic, appends);
                _ready.Enqueue(appends);
            }

            appends.Waiting.Enqueue(pending);
            StartWritersLocked();
        }

        return pending.WaitAsync(cancellationToken);
    }

    private void StartWritersLocked()
    {
        if (_ready.Count > 0 && _writers < Writers)
        {
            _writers++;
            _ = Task.Run(WriteAsync);
        }

        if (_contended.Count > 0 && _contendedWriters < ContendedWriters)
        {
            _contendedWriters++;
            _ = Task.Run(WriteContendedAsync);
        }
    }

    private async Task WriteAsync()
    {
        while (TryTake(_ready, single: false, ref _writers, out SseAppendBatch? batch))
        {
            Return(batch, await append(batch, false));
        }
    }

    private async Task WriteContendedAsync()
    {
        while (TryTake(_contended, single: true, ref _contendedWriters, out SseAppendBatch? batch))
        {
            Return(batch, await append(batch, true));
        }
    }

    // The writer that finds nothing has ended when this returns, so that whoever brings something next starts another.
    private bool TryTake(
        Queue<SseTopicAppends> queue, bool single, ref int writers, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SseAppendBatch? batch)
    {
        lock (_gate)
        {
            batch = new SseAppendBatch();
            while ((!single || batch.Topics.Count == 0) && batch.HasRoom && queue.TryDequeue(out SseTopicAppends? topic))
            {
                batch.Take(topic);
            }

            if (batch.Topics.Count > 0)
            {
                return true;
            }

            writers--;
            return false;
        }
    }

    // Where a topic was locked, its events wait again, before those that came meanwhile.
    private void Return(SseAppendBatch batch, bool[] locked)
    {
        lock (_gate)
        {
            for (int i = 0; i < batch.Topics.Count; i++)
            {
                SseTopicAppends topic = batch.Topics[i];
                if (locked[i])
                {
                    topic.PutBack(batch.EventsOf(i));
                }

                if (topic.Waiting.Count == 0)
                {
                    _topics.Remove(topic.Topic);
                }
                else
                {
                    (locked[i] ? _contended : _ready).Enqueue(topic);
                }
            }

            StartWritersLocked();
        }
    }
}
