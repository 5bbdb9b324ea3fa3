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
        Task flushing = Task.CompletedTask;
        try
        {
            ValueTask<bool> next = source.MoveNextAsync();
            bool isSingle = true;
            while (true)
            {
                // Step 1. The source is awaited before the flush, because an iterator must not be disposed during a step.
                bool yields = !next.IsCompleted;
                flushing = yields ? output.FlushWrittenAsync(cancellationToken).AsTask() : Task.CompletedTask;
                bool hasNext = await next;
                await flushing;
                if (!hasNext)
                {
                    break;
                }

                // Step 2. If the source returned a single item after its last wait, the first one after this wait is flushed at once.
                // A timer for each item would cost more than the item.
                next = WriteReady(source, late, flush: yields && isSingle, out isSingle, out Task? writing);
                isSingle &= yields;
                if (writing is not null)
                {
                    await writing;
                    if (output.UnflushedBytes > 0)
                    {
                        late.Arm();
                    }

                    next = source.MoveNextAsync();
                }
            }
        }
        catch
        {
            await flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await FlushAfterFailureAsync(cancellationToken);
            throw;
        }

        await output.FlushWrittenAsync(cancellationToken);
    }

    /// <summary>Writes the items of a source that never waits, with a flush when the batch is full and at the end.</summary>
    public async ValueTask RunAsync(IEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        await CallerContext.LeaveAsync();
        try
        {
            foreach (TItem item in items)
            {
                await (write(item, output.IsBatchFull) ?? Task.CompletedTask);
            }
        }
        catch
        {
            await FlushAfterFailureAsync(cancellationToken);
            throw;
        }

        await output.FlushWrittenAsync(cancellationToken);
    }

    // The items before a failure are still sent. The failure is the one to report, not that of a flush after it.
    private async Task FlushAfterFailureAsync(CancellationToken cancellationToken) =>
        await output.FlushWrittenAsync(cancellationToken).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // A separate loop without awaits: a million items that are ready cost a third less than in the loop above.
    /// <returns>The next step of the source, unless a write must be awaited first.</returns>
    private ValueTask<bool> WriteReady(
        IAsyncEnumerator<TItem> source, LateFlush late, bool flush, out bool isSingle, out Task? writing)
    {
        isSingle = true;
        while (true)
        {
            flush |= output.IsBatchFull;
            writing = write(source.Current, flush);
            if (flush || writing is not null)
            {
                writing ??= Task.CompletedTask;
                return default;
            }

            // The source may work for an unlimited time before it yields.
            late.Arm();
            ValueTask<bool> next = source.MoveNextAsync();
            if (!next.IsCompletedSuccessfully)
            {
                return next;
            }

            if (!next.Result)
            {
                return new ValueTask<bool>(false);
            }

            isSingle = false;
        }
    }
}
