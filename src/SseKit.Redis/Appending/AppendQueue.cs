using SseKit.PostgreSql;

namespace SseKit.Redis;

/// <summary>
/// Collects concurrent appends into batches: what arrives while scripts run goes into the next one. A topic is in one script at a time, so
/// its appends keep their order. Thread-safe.
/// </summary>
/// <param name="append">
/// Appends a batch and completes each append. It does not fail. Returns whether topics need scripts of their own, as in a cluster.
/// </param>
internal sealed class AppendQueue(Func<IReadOnlyList<TopicBatch>, Task<bool>> append)
{
    // Scripts in flight: with few, batches are large; with one topic in each, many are pipelined.
    private const int Writers = 4;
    private const int SeparateWriters = 256;

    // These bounds limit how long one script occupies Redis and how much memory it takes (I8). The append that reaches one is the last.
    private const int MaxTopics = 64;
    private const int MaxEvents = 512;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();

    // The appends that wait, of each topic that waits or is in a script.
    private readonly Dictionary<string, Queue<PendingAppend>> _waiting = [];
    private readonly Queue<string> _ready = new();
    private int _writers;
    private bool _isSeparate;

    public ValueTask<SseAppendResult> AppendAsync(PendingAppend pending, CancellationToken cancellationToken)
    {
        string topic = pending.Request.Topic;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(topic, out Queue<PendingAppend>? waiting))
            {
                waiting = new Queue<PendingAppend>();
                _waiting.Add(topic, waiting);
                _ready.Enqueue(topic);
            }

            waiting.Enqueue(pending);
            StartWriterLocked();
        }

        return pending.WaitAsync(cancellationToken);
    }

    private void StartWriterLocked()
    {
        if (_ready.Count > 0 && _writers < (_isSeparate ? SeparateWriters : Writers))
        {
            // A batch belongs to several publishers, so it must not appear in the trace of one.
            _writers++;
            BackgroundWork.Start(WriteAsync);
        }
    }

    private async Task WriteAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            Return(batch, await append(batch));
        }
    }

    // A writer that finds nothing is counted as ended under the lock, so that the next append starts another one.
    private List<TopicBatch> Take()
    {
        List<TopicBatch> batch = [];
        int events = 0;
        long bytes = 0;
        lock (_gate)
        {
            int most = _isSeparate ? 1 : MaxTopics;
            while (batch.Count < most && events < MaxEvents && bytes < MaxBytes && _ready.TryDequeue(out string? topic))
            {
                Queue<PendingAppend> waiting = _waiting[topic];
                List<PendingAppend> appends = [];
                while (events < MaxEvents && bytes < MaxBytes && waiting.TryDequeue(out PendingAppend? next))
                {
                    // The caller of one that is abandoned has received its cancellation, and no script has begun for it.
                    if (!next.IsAbandoned)
                    {
                        appends.Add(next);
                        events += next.Request.Payloads.Count;
                        bytes += next.Request.Payloads.Sum(static payload => (long)payload.Length);
                    }
                }

                if (appends.Count > 0)
                {
                    batch.Add(new TopicBatch(topic, appends));
                }
                else
                {
                    _waiting.Remove(topic);
                }
            }

            _writers -= batch.Count == 0 ? 1 : 0;
        }

        return batch;
    }

    private void Return(List<TopicBatch> batch, bool needsSeparateTopics)
    {
        lock (_gate)
        {
            _isSeparate |= needsSeparateTopics;
            foreach (TopicBatch each in batch)
            {
                if (_waiting[each.Topic].Count == 0)
                {
                    _waiting.Remove(each.Topic);
                }
                else
                {
                    _ready.Enqueue(each.Topic);
                }
            }

            StartWriterLocked();
        }
    }
}
