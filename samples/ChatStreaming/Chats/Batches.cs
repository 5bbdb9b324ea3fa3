using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ChatStreaming.Chats;

/// <summary>Turns a fast source into fewer, larger batches.</summary>
internal static class Batches
{
    private const int MaxWaiting = 1_000; // Of a source that is faster than the store: it waits.

    /// <summary>
    /// The first item goes on at once; after each batch, what comes within the window is collected for the next. There is no timer while the source is silent.
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
            // Whoever reads the batches gets it, after what came before it.
            waiting.Complete(exception);
        }
    }
}
