using System.Net.ServerSentEvents;
using SseKit.Protocol;

namespace SseKit;

public sealed partial class SseEventWriter
{
    // Kestrel takes up to 64 KB before it makes a writer wait. A batch stays well below, so that a fast source is
    // slowed by a slow client and not by our own bookkeeping (I8).
    private const int MaxBatchBytes = 16 * 1024;

    private bool IsBatchFull => _output.UnflushedBytes >= MaxBatchBytes;

    // Moves every few milliseconds, and costs a fraction of a timestamp, which costs as much as an event.
#pragma warning disable RS0030 // What is timed here is a source that does not yield: the time of the machine, not of the app.
    private static long Tick => Environment.TickCount64;
#pragma warning restore RS0030

    private async ValueTask WriteAllAsync<TItem, T>(
        IAsyncEnumerable<TItem> items, Func<TItem, string?, SseItem<T>> toEvent, string? eventType, CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<TItem> source = items.GetAsyncEnumerator(cancellationToken);
        bool unflushed = false;
        long flushed = Tick;
        try
        {
            while (true)
            {
                ValueTask<bool> next = source.MoveNextAsync();
                bool ready = next.IsCompleted;

                // Nothing more is ready: what has been written goes out while the source works. The source is awaited first,
                // because an iterator must not be disposed in the middle of a step.
                Task flushing = !ready && unflushed ? _output.FlushAsync(cancellationToken).AsTask() : Task.CompletedTask;
                unflushed &= ready;
                bool more = await next;
                await flushing;
                if (!more)
                {
                    break;
                }

                // A source that computes its next item without yielding would hold back the items before it. They wait for a tick.
                SseItem<T> item = toEvent(source.Current, eventType);
                long now = Tick;
                bool flush = IsBatchFull || (ready && now != flushed);
                await WriteValueAsync(SseEventFields.ForItem(item), item.Data, flush, cancellationToken);
                unflushed = !flush;
                flushed = flush || !ready ? now : flushed;
            }
        }
        finally
        {
            // A source that fails does not take with it what it had given before.
            if (unflushed)
            {
                await _output.FlushAsync(cancellationToken);
            }
        }
    }
}
