using System.Diagnostics.CodeAnalysis;
using SseKit.PostgreSql;

namespace SseKit.Redis;

/// <summary>
/// Collects concurrent appends of a topic into batches: what arrives during a script goes into the next one. A topic has one script at a
/// time, so its appends keep their order; scripts of several topics are pipelined. Thread-safe.
/// </summary>
/// <param name="append">Appends a batch and completes each append. It does not fail.</param>
internal sealed class AppendQueue(Func<string, IReadOnlyList<PendingAppend>, Task> append)
{
    // These bounds limit how long one script occupies Redis and how much memory it takes (I8). The append that reaches one is the last.
    private const int MaxEvents = 512;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();

    // The appends that wait, of each topic that has a writer.
    private readonly Dictionary<string, Queue<PendingAppend>> _waiting = [];

    public ValueTask<SseAppendResult> AppendAsync(PendingAppend pending, CancellationToken cancellationToken)
    {
        string topic = pending.Request.Topic;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(topic, out Queue<PendingAppend>? waiting))
            {
                waiting = new Queue<PendingAppend>();
                _waiting.Add(topic, waiting);

                // A batch belongs to several publishers, so it must not appear in the trace of one.
                BackgroundWork.Start(() => WriteAsync(topic));
            }

            waiting.Enqueue(pending);
        }

        return pending.WaitAsync(cancellationToken);
    }

    private async Task WriteAsync(string topic)
    {
        while (TryTake(topic, out List<PendingAppend>? batch))
        {
            await append(topic, batch);
        }
    }

    // A writer that finds nothing is removed under the lock, so that the next append starts another one.
    private bool TryTake(string topic, [NotNullWhen(true)] out List<PendingAppend>? batch)
    {
        batch = null;
        lock (_gate)
        {
            Queue<PendingAppend> waiting = _waiting[topic];
            int events = 0;
            long bytes = 0;
            while (events < MaxEvents && bytes < MaxBytes && waiting.TryDequeue(out PendingAppend? next))
            {
                // The caller has received its cancellation, and no script has begun for it.
                if (next.IsAbandoned)
                {
                    continue;
                }

                batch ??= [];
                batch.Add(next);
                events += next.Request.Payloads.Count;
                bytes += next.Request.Payloads.Sum(static payload => (long)payload.Length);
            }

            if (batch is null)
            {
                _waiting.Remove(topic);
            }
        }

        return batch is not null;
    }
}
