namespace SseKit.Writing;

/// <summary>
/// Writes the items of a source, in a loop:
/// 1. wait for the source, while the written items are flushed;
/// 2. write the items that are ready, without a flush until the batch is full.
/// </summary>
/// <param name="output">The output of the items.</param>
/// <param name="write">Writes an item, with a flush or without. Returns null if no wait is needed.</param>
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
                // Step 1. The source is awaited before the flush, because an iterator must not be disposed during a step.
                bool yields = !next.IsCompleted;
                Task flushing = yields ? FlushAsync(cancellationToken) : Task.CompletedTask;
                bool hasNext = await next;
                await flushing;
                if (!hasNext)
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
            // If the source fails, the items that it returned before are still sent.
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

    // A separate loop without awaits: a million items that are ready cost a third less than in the loop above.
    /// <returns>The next step of the source, unless a write must be awaited first.</returns>
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

            // A source that returned its last item without yielding may block for an unlimited time.
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
