using SseKit.PostgreSql;

namespace SseKit.Redis;

/// <summary>
/// Collects concurrent appends into batches: what arrives while scripts run goes into the next one. A topic is in one script at a time, so
/// its appends keep their order. Thread-safe.
/// </summary>
/// <param name="bucketOf">Returns the bucket of a topic.</param>
/// <param name="isCluster">Whether the server is a cluster, in which a script is about one bucket. Null until it is known.</param>
/// <param name="append">Appends a batch and completes each append. It does not fail.</param>
internal sealed class AppendQueue(
    Func<string, int> bucketOf, Func<bool?> isCluster, Func<IReadOnlyList<TopicBatch>, Task> append)
{
    // Scripts in flight of a lane: with few, batches are large. In a cluster each bucket has a lane, so the appends to a node that does not
    // answer delay no others.
    private const int Writers = 4;
    private const int WritersOfBucket = 1;

    // These bounds limit how long one script occupies Redis and how much memory it takes (I8). The append that reaches one is the last.
    private const int MaxTopics = 64;
    private const int MaxEvents = 512;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();

    // The appends that wait, of each topic that waits or is in a script.
    private readonly Dictionary<string, Queue<PendingAppend>> _waiting = [];
    private AppendLane[] _lanes = [new(Writers)];
    private bool _lanesAreFinal;

    public ValueTask<SseAppendResult> AppendAsync(PendingAppend pending, CancellationToken cancellationToken)
    {
        string topic = pending.Request.Topic;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(topic, out Queue<PendingAppend>? waiting))
            {
                waiting = new Queue<PendingAppend>();
                _waiting.Add(topic, waiting);
                waiting.Enqueue(pending);
                MakeReadyLocked(topic);
            }
            else
            {
                waiting.Enqueue(pending);
            }
        }

        return pending.WaitAsync(cancellationToken);
    }

    private void MakeReadyLocked(string topic)
    {
        if (!_lanesAreFinal && isCluster() is { } separate)
        {
            _lanesAreFinal = true;
            if (separate)
            {
                UseLaneOfEachBucketLocked();
            }
        }

        AppendLane lane = _lanes.Length == 1 ? _lanes[0] : _lanes[bucketOf(topic)];
        lane.Ready.Enqueue(topic);
        StartWriterLocked(lane);
    }

    private void StartWriterLocked(AppendLane lane)
    {
        if (lane.Ready.Count > 0 && lane.Running < lane.MaxRunning)
        {
            // A batch belongs to several publishers, so it must not appear in the trace of one.
            lane.Running++;
            BackgroundWork.Start(() => WriteAsync(lane));
        }
    }

    private async Task WriteAsync(AppendLane lane)
    {
        while (Take(lane) is { Count: > 0 } batch)
        {
            await append(batch);
            Return(batch);
        }
    }

    // A writer that finds nothing is counted as ended under the lock, so that the next append starts another one.
    private List<TopicBatch> Take(AppendLane lane)
    {
        List<TopicBatch> batch = [];
        int events = 0;
        long bytes = 0;
        lock (_gate)
        {
            while (batch.Count < MaxTopics && events < MaxEvents && bytes < MaxBytes && lane.Ready.TryDequeue(out string? topic))
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

            lane.Running -= batch.Count == 0 ? 1 : 0;
        }

        return batch;
    }

    private void Return(List<TopicBatch> batch)
    {
        lock (_gate)
        {
            foreach (TopicBatch each in batch)
            {
                if (_waiting[each.Topic].Count == 0)
                {
                    _waiting.Remove(each.Topic);
                }
                else
                {
                    MakeReadyLocked(each.Topic);
                }
            }
        }
    }

    private void UseLaneOfEachBucketLocked()
    {
        AppendLane shared = _lanes[0];
        _lanes = [.. Enumerable.Range(0, KeySpace.Buckets).Select(static _ => new AppendLane(WritersOfBucket))];
        while (shared.Ready.TryDequeue(out string? topic))
        {
            MakeReadyLocked(topic);
        }
    }
}
