using System.Diagnostics;

namespace SseKit.PostgreSql;

/// <summary>
/// Collects concurrent publishes into batches: what arrives during a transaction is appended by the next one. A topic is in one
/// transaction at a time. Thread-safe.
/// </summary>
/// <remarks>
/// A transaction of the app that publishes can lock a topic's row for a long time. Transactions over several topics never wait for such a
/// row: they skip the topic, which moves to the contended topics. A transaction of its own waits for each of those, for a short time.
/// </remarks>
internal sealed class AppendQueue(Func<AppendBatch, bool, Task<bool[]>> append)
{
    /// <summary>The number of concurrent transactions.</summary>
    public const int Writers = 4;

    /// <summary>The number of further transactions that wait for locked topics.</summary>
    public const int ContendedWriters = 3;

    // A writer keeps its batch window open for at most this share of its last transaction's time.
    private const int WindowShare = 4;

    // A publisher that has not returned by then is busy otherwise, however slow the database is. The wait occupies a core.
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMilliseconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TopicAppends> _topics = [];
    private readonly Queue<TopicAppends> _ready = new();
    private readonly Queue<TopicAppends> _contended = new();
    private readonly BatchWindow _window = new();
    private int _writers;
    private int _gathering;
    private int _contendedWriters;

    public ValueTask<SseAppendResult> AppendAsync(PendingAppend pending, CancellationToken cancellationToken)
    {
        string topic = pending.Request.Topic;
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic, out TopicAppends? appends))
            {
                appends = new TopicAppends(topic);
                _topics.Add(topic, appends);
                _ready.Enqueue(appends);
            }

            appends.Waiting.Enqueue(pending);
            _window.Added();
            StartWritersLocked();
        }

        return pending.WaitAsync(cancellationToken);
    }

    private void StartWritersLocked()
    {
        if (_ready.Count > 0 && _writers < Writers && _gathering == 0)
        {
            // A batch belongs to several publishers, so it must not appear in the trace of one.
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
            TimeSpan duration = Stopwatch.GetElapsedTime(began) / WindowShare;
            if (Return(batch, locked, mayGather: true))
            {
                await GatherAsync(duration < LongestWindow ? duration : LongestWindow);
            }
        }
    }

    // Publishers that have just received their result return within microseconds. Yielding lets them run; timers are too coarse.
    private async Task GatherAsync(TimeSpan duration)
    {
        long began = Stopwatch.GetTimestamp();
        bool continues = true;
        while (continues)
        {
            await Task.Yield();
            bool inTime = Stopwatch.GetElapsedTime(began) < duration;
            lock (_gate)
            {
                continues = inTime && !_window.IsComplete;
                if (!continues)
                {
                    _gathering--;
                    _window.EndGathering();
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

    // A writer that finds nothing is counted as ended under the lock, so that the next append starts another one.
    private bool TryTake(
        Queue<TopicAppends> queue, bool single, ref int writers, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AppendBatch? batch)
    {
        lock (_gate)
        {
            batch = new AppendBatch();
            while ((!single || batch.Topics.Count == 0) && batch.HasRoom && queue.TryDequeue(out TopicAppends? topic))
            {
                _window.Removed(batch.Take(topic));
            }

            if (batch.Topics.Count > 0)
            {
                return true;
            }

            writers--;
            return false;
        }
    }

    // Puts the appends of a locked topic back, before those that arrived meanwhile. Returns whether the writer opens a batch window.
    private bool Return(AppendBatch batch, bool[] locked, bool mayGather)
    {
        lock (_gate)
        {
            _window.Removed(batch.Appends.Count);
            for (int i = 0; i < batch.Topics.Count; i++)
            {
                TopicAppends topic = batch.Topics[i];
                if (locked[i])
                {
                    topic.PutBack(batch.AppendsOf(i));
                    _window.Returned(batch.Counts[i]);
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

            bool gathers = mayGather && _window.TryBeginGathering();
            _gathering += gathers ? 1 : 0;
            StartWritersLocked();
            return gathers;
        }
    }
}
