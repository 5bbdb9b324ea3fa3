using System.Diagnostics;

namespace SseKit.PostgreSql;

/// <summary>
/// Collects what is published at the same time, and has it appended together: what came while the last transaction was under way goes into the next one.
/// A topic is in one transaction at a time. Thread-safe.
/// </summary>
/// <remarks>
/// A topic's row may be locked for long, by a transaction of the app that published within it. Transactions over several topics never wait for such a row:
/// they leave the topic out, and it goes to the contended ones, each of which is waited for alone and not for long at once.
/// </remarks>
internal sealed class AppendQueue(Func<AppendBatch, bool, Task<bool[]>> append)
{
    /// <summary>How many transactions are under way at once.</summary>
    public const int Writers = 4;

    /// <summary>How many more wait for locked topics.</summary>
    public const int ContendedWriters = 3;

    // The share of its last transaction's time that a writer gathers for at most.
    private const int PatienceShare = 4;

    // Whoever is not back by then has something else to do, however slow the database is. Waiting keeps a core busy.
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TopicAppends> _topics = [];
    private readonly Queue<TopicAppends> _ready = new();
    private readonly Queue<TopicAppends> _contended = new();
    private readonly BatchWindow _crowd = new();
    private int _writers;
    private int _gathering;
    private int _contendedWriters;

    public ValueTask<SseAppendResult> AppendAsync(string topic, PendingAppend pending, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out TopicAppends? appends))
            {
                appends = new TopicAppends(topic);
                _topics.Add(topic, appends);
                _ready.Enqueue(appends);
            }

            appends.Waiting.Enqueue(pending);
            _crowd.Came();
            StartWritersLocked();
        }

        return pending.WaitAsync(cancellationToken);
    }

    private void StartWritersLocked()
    {
        if (_ready.Count > 0 && _writers < Writers && _gathering == 0)
        {
            // A batch belongs to none of its publishers, so it stands in no publisher's trace.
            _writers++;
            BackgroundWork.Start(WriteAsync);
        }

        if (_contended.Count > 0 && _contendedWriters < ContendedWriters)
        {
            _contendedWriters++;
            BackgroundWork.Start(WriteContendedAsync);
        }
    }

    private async Task WriteAsync()
    {
        while (TryTake(_ready, single: false, ref _writers, out AppendBatch? batch))
        {
            long began = Stopwatch.GetTimestamp();
            bool[] locked = await append(batch, false);
            TimeSpan patience = Stopwatch.GetElapsedTime(began) / PatienceShare;
            if (Return(batch, locked, mayGather: true))
            {
                await GatherAsync(patience < LongestPatience ? patience : LongestPatience);
            }
        }
    }

    // Publishers who were answered just now are back within microseconds. Yielding lets them run, which no timer is fine enough for.
    private async Task GatherAsync(TimeSpan patience)
    {
        long began = Stopwatch.GetTimestamp();
        bool goesOn = true;
        while (goesOn)
        {
            await Task.Yield();
            bool mayWait = Stopwatch.GetElapsedTime(began) < patience;
            lock (_gate)
            {
                goesOn = mayWait && !_crowd.IsComplete;
                if (!goesOn)
                {
                    _gathering--;
                    _crowd.EndGathering();
                }
            }
        }
    }

    private async Task WriteContendedAsync()
    {
        while (TryTake(_contended, single: true, ref _contendedWriters, out AppendBatch? batch))
        {
            Return(batch, await append(batch, true), mayGather: false);
        }
    }

    // The writer that finds nothing has ended when this returns, so that whoever brings something next starts another.
    private bool TryTake(
        Queue<TopicAppends> queue, bool single, ref int writers, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AppendBatch? batch)
    {
        lock (_gate)
        {
            batch = new AppendBatch();
            while ((!single || batch.Topics.Count == 0) && batch.HasRoom && queue.TryDequeue(out TopicAppends? topic))
            {
                _crowd.Left(batch.Take(topic));
            }

            if (batch.Topics.Count > 0)
            {
                return true;
            }

            writers--;
            return false;
        }
    }

    // Where a topic was locked, its events wait again, before those that came meanwhile. Returns whether the writer shall gather before it goes on.
    private bool Return(AppendBatch batch, bool[] locked, bool mayGather)
    {
        lock (_gate)
        {
            _crowd.Left(batch.Events.Count);
            for (int i = 0; i < batch.Topics.Count; i++)
            {
                TopicAppends topic = batch.Topics[i];
                if (locked[i])
                {
                    topic.PutBack(batch.EventsOf(i));
                    _crowd.CameBack(batch.Counts[i]);
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

            bool gathers = mayGather && _crowd.TryBeginGathering();
            _gathering += gathers ? 1 : 0;
            StartWritersLocked();
            return gathers;
        }
    }
}
