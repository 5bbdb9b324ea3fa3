using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ChatStreaming.Chats;

/// <summary>Turns a fast source into fewer, larger batches.</summary>
internal static class Batches
{
    private const int MaxWaiting = 1_000; // A source that is faster than the store waits then.

    /// <summary>
    /// The first item is returned at once. After each batch, the items of one window are collected for the next. No timer runs while the
    /// source has no items.
    /// </summary>
    public static async IAsyncEnumerable<IReadOnlyList<T>> InBatches<T>(
        this IAsyncEnumerable<T> source, TimeSpan window, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });
        _ = FillAsync(source, waiting.Writer, cancellationToken);
        while (await waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            List<T> batch = [];
            while (waiting.Reader.TryRead(out T? item))
            {
                batch.Add(item);
            }

            yield return batch;
            await Task.Delay(window, time, cancellationToken);
        }
    }

    private static async Task FillAsync<T>(IAsyncEnumerable<T> source, ChannelWriter<T> waiting, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (T item in source.WithCancellation(cancellationToken))
            {
                await waiting.WriteAsync(item, cancellationToken);
            }

            waiting.Complete();
        }
        catch (Exception exception)
        {
            // The reader of the batches gets the exception after the items before it.
            waiting.Complete(exception);
        }
    }
}
