namespace SseKit.Writing;

/// <summary>
/// Writes the items of a source, over and over:
/// 1. wait for the source, while what has been written goes out;
/// 2. write what it has ready, without a flush until the batch is full.
/// </summary>
/// <param name="output">Where the items go.</param>
/// <param name="write">Writes an item, with a flush or without. Null where nothing is left to wait for.</param>
internal sealed class ItemLoop<TItem>(StreamOutput output, Func<TItem, bool, Task?> write)
{
    public async ValueTask RunAsync(IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        await using var late = new LateFlush(output);
        await using IAsyncEnumerator<TItem> source = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            ValueTask<bool> next = source.MoveNextAsync();
            while (true)
            {
                // Step 1. The source is awaited before the flush, because an iterator must not be disposed in the middle of a step.
                bool yields = !next.IsCompleted;
                Task flushing = yields ? FlushAsync(cancellationToken) : Task.CompletedTask;
                bool more = await next;
                await flushing;
                if (!more)
                {
                    break;
                }

                // Step 2.
                next = WriteReady(source, late, yields, out Task? writing);
                if (writing is not null)
                {
                    await writing;
                    next = source.MoveNextAsync();
                }
            }
        }
        finally
        {
            // A source that fails does not take with it what it had given before.
            await FlushAsync(cancellationToken);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (output.UnflushedBytes > 0)
        {
            await output.FlushAsync(cancellationToken);
        }
    }

    // A loop of its own, without awaits: a million items that are ready cost a third less than in the loop above.
    /// <returns>The source's next step, unless there is a write to wait for first.</returns>
    private ValueTask<bool> WriteReady(IAsyncEnumerator<TItem> source, LateFlush late, bool yields, out Task? writing)
    {
        while (true)
        {
            bool flush = output.IsBatchFull;
            writing = write(source.Current, flush);
            if (flush || writing is not null)
            {
                writing ??= Task.CompletedTask;
                return default;
            }

            // A source that gave its last item without yielding may work on for as long as it likes.
            if (!yields)
            {
                late.Arm();
            }

            ValueTask<bool> next = source.MoveNextAsync();
            if (!next.IsCompletedSuccessfully)
            {
                return next;
            }

            if (!next.Result)
            {
                return new ValueTask<bool>(false);
            }

            yields = false;
        }
    }
}
