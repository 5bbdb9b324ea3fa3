using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Stores;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// Appends the events of a run to its topic, and marks how the run ended. If the store is unavailable, the run is delayed and loses no
/// event. Thread-safe.
/// </summary>
internal sealed partial class ReplayRecorder(Publisher publisher, StreamRuntime runtime, StoreHealth health)
{
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private long _runs;

    /// <summary>
    /// Cuts the handler's bytes into events and appends them. Ids of the handler are replaced by positions (I4). Returns whether it was a
    /// stream.
    /// </summary>
    public async Task<bool> RecordAsync(ReplayRun run)
    {
        try
        {
            if (!await run.Response.IsStream)
            {
                return false;
            }
        }
        catch (Exception)
        {
            // The handler failed before its first byte. The request that started the run gets the failure.
            run.Stop(RunStop.Failed);
            return false;
        }

        try
        {
            if (run.Response.Head is not { } head)
            {
                // Its topic has ended before the response started. There is nothing to record.
                return false;
            }

            await RecordEventsAsync(run, head);
            return true;
        }
        catch (SseTopicCompletedException)
        {
            // The app has completed the topic. Later events of the handler are discarded.
            run.Stop(RunStop.TopicCompleted);
            return false;
        }
        catch (Exception exception)
        {
            run.Stop(exception is SseStaleEpochException ? RunStop.TopicDeleted : RunStop.Failed);
            throw;
        }
        finally
        {
            // A handler that continues to write must not wait for a reader.
            await run.Response.Reader.CompleteAsync();
        }
    }

    /// <summary>Completes the topic of a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="status">How its topic ends.</param>
    /// <param name="isFinal">
    /// Whether no other call completes the topic. It is then repeated until it is stored: followers of an open topic without a run would
    /// wait for ever.
    /// </param>
    public async Task CompleteAsync(ReplayRun run, SseTopicStatus status, bool isFinal = true)
    {
        run.ThrowIfLost();
        long last = run.LastSequence;
        await TryUntilStoredAsync(run, () => isFinal, async latest =>
        {
            FailIf(status == SseTopicStatus.Completed && latest.Sequence < last, run);
            await publisher.CompleteAsync(run.Topic, status, latest, run.Lost);
        });
    }

    /// <summary>
    /// Marks the topic failed if that is possible at once. The app may have deleted the run's log. Then the log that followers wait for is
    /// marked, unless another run has a right to it.
    /// </summary>
    public async Task TryFailAsync(ReplayRun run)
    {
        try
        {
            SseTopicState state = await run.ReadStateAsync(publisher.Store, CancellationToken.None);
            await publisher.CompleteAsync(run.Topic, SseTopicStatus.Failed, state.Beginning, CancellationToken.None);
        }
        catch (Exception) when (run.Lease is { IsLost: true })
        {
            // Another run has a right to it.
        }
        catch (Exception exception)
        {
            Log.MarkFailed(runtime.Logger, run.Topic, run.Route, exception);
        }
    }

    private async Task RecordEventsAsync(ReplayRun run, RunHead head)
    {
        string key = $"{_instance}-{Interlocked.Increment(ref _runs)}-";

        // The clients of other servers get their headers now, and not with the first event.
        SsePosition begin = await AppendAsync(run, new RunPage([head.Payload], head.Payload.Length), key + "head");
        if (begin.Sequence != 1)
        {
            throw new InvalidOperationException(
                $"Topic '{run.Topic}' got events of other code before its run began. Publish them to another topic.");
        }

        long pages = 0;
        var events = new RunEventReader(run.Response.Reader, new EventStreamDecoder(run.MaxEventSize), run.PageBounds);
        await foreach (RunPage page in events.ReadAsync())
        {
            await run.WaitForReadersAsync(page.Payloads.Count, page.Bytes);
            await AppendAsync(run, page, key + pages++);
        }
    }

    // With a key, an append whose outcome is unknown can be repeated: its events are neither lost nor duplicated. A stop by the app does
    // not end that, because the handler wrote these events before it.
    private async Task<SsePosition> AppendAsync(ReplayRun run, RunPage page, string key)
    {
        long last = run.LastSequence;
        SsePosition position = default;
        await TryUntilStoredAsync(run, () => run.StopReason is RunStop.None or RunStop.Requested, async latest =>
        {
            var request = new SseAppendRequest
            {
                Topic = run.Topic,
                Payloads = page.Payloads,
                IdempotencyKey = key,
                ExpectedEpoch = latest.Epoch,
            };
            position = (await publisher.AppendAsync(request, run.Lost)).Position;

            // After a failover, the append has continued the log under another epoch.
            FailIf(position.Sequence < last + page.Payloads.Count, run);
            run.Appended(position, page.Bytes);
        });
        return position;
    }

    // After a failover, an answer with a hole must not look complete (I5).
    private static void FailIf(bool hasLostEvents, ReplayRun run)
    {
        if (hasLostEvents)
        {
            run.Stop(RunStop.Failed);
            throw new LostEventsException($"The store has lost events of the run in topic '{run.Topic}', so its log is incomplete.");
        }
    }

    private async Task TryUntilStoredAsync(ReplayRun run, Func<bool> repeats, Func<SsePosition, Task> store)
    {
        var backoff = new StoreBackoff(runtime.Time);
        while (true)
        {
            try
            {
                await StoreAsync(run, store);
                health.Answered();
                return;
            }
            catch (Exception exception) when (
                exception is not (SseTopicCompletedException or SseStaleEpochException or LostEventsException)
                && !run.Lost.IsCancellationRequested
                && repeats())
            {
                health.Failed(exception);
            }

            await WaitAsync(run, repeats, backoff);
        }
    }

    private async Task WaitAsync(ReplayRun run, Func<bool> repeats, StoreBackoff backoff)
    {
        try
        {
            await backoff.WaitAsync(run.IsStopped ? runtime.DrainOver : run.Stopping);
        }
        catch (OperationCanceledException) when (!runtime.DrainOver.IsCancellationRequested && repeats())
        {
            // The run was stopped during the wait. The next attempt follows at once.
        }
    }

    private async Task StoreAsync(ReplayRun run, Func<SsePosition, Task> store)
    {
        while (true)
        {
            // Another server may write the topic when the lease is lost. The clock stops a run in time; if the clock was paused too, the
            // epoch refuses late events.
            run.ThrowIfLost();
            SsePosition latest = run.Latest ??= (await run.ReadStateAsync(publisher.Store, run.Lost)).Beginning;
            try
            {
                await store(latest);
                run.HasRecorded = true;
                return;
            }
            catch (SseStaleEpochException) when (!run.HasRecorded)
            {
                // The store could not keep the epoch of a log without events. No event is lost: the run begins with the current log.
                run.Latest = null;
            }
            catch (SseStaleEpochException)
            {
                // After a failover, a repeated append or a stop of the run may have continued its log, or the log lacks its last events.
                SseTopicState state = await run.ReadStateAsync(publisher.Store, run.Lost);
                SsePosition? kept = state.KeptOf(latest);
                if (kept is null || kept == latest)
                {
                    throw;
                }

                run.Continue(latest, kept.Value);
            }
        }
    }

    private sealed class LostEventsException(string message) : InvalidOperationException(message);

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.RunMarkFailed,
            LogLevel.Error,
            "Failed to store that the run of {Route} for topic {Topic} failed; its followers receive no failure.")]
        public static partial void MarkFailed(ILogger logger, string topic, string? route, Exception exception);
    }
}
