using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Leases;
using SseKit.Stores;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// Decides whether a request may run its topic, and takes what a run needs: the lease, where servers share the store, and a log that is open and empty.
/// </summary>
internal sealed class ReplayClaim(HttpContext context, ReplayRuns runs, SseReplayOptions options, string topic)
{
    // How often a client's server looks whether a run elsewhere has begun to say something.
    private static readonly TimeSpan BeginningPause = TimeSpan.FromMilliseconds(200);

    private readonly Publisher _publisher = context.RequestServices.GetRequiredService<Publisher>();

    /// <summary>Whether there may be something to run. Nothing is taken by this.</summary>
    public async Task<bool> CouldRunAsync()
    {
        SseTopicState state = await ReadStateAsync();
        return state.Status == SseTopicStatus.Open || MayRunAgain(state.Status);
    }

    /// <summary>Takes what the run needs.</summary>
    public async Task<ClaimResult> TryTakeAsync(ReplayRun run)
    {
        if (runs.Leases is { } leases)
        {
            run.Lease = await AcquireAsync(leases);
            if (run.Lease is null)
            {
                return ClaimResult.Follow;
            }
        }

        return await TryMakeRoomAsync(run);
    }

    /// <summary>Gives back what was taken for a run that does not start.</summary>
    public static Task GiveBackAsync(ReplayRun run) => run.Lease?.ReleaseAsync() ?? Task.CompletedTask;

    // Null where another server runs the topic and there is something to follow. As long as that run has not opened a stream, it may turn out to be none, and then this
    // server's client is to run it.
    private async Task<TopicLease?> AcquireAsync(TopicLeases leases)
    {
        StreamRuntime runtime = StreamRuntimes.For(context.RequestServices);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, runtime.Stopping);
        while (true)
        {
            if (await leases.TryAcquireAsync(topic, options.LeaseDuration, context.RequestAborted) is { } lease)
            {
                return lease;
            }

            SseTopicState state = await ReadStateAsync();
            if (!state.IsUnused || runtime.Stopping.IsCancellationRequested)
            {
                return null;
            }

            await Task.Delay(BeginningPause, runtime.Time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The limit is checked before anything is changed for the run, and after it is certain that there is none to follow (I10).
    private async Task<ClaimResult> TryMakeRoomAsync(ReplayRun run)
    {
        SseTopicState state = await run.ReadStateAsync(_publisher.Store, context.RequestAborted);
        if (state.IsUnused)
        {
            run.Epoch = state.Latest.Epoch;
            return runs.TryAdmit(run) ? ClaimResult.Taken : ClaimResult.Rejected;
        }

        SseTopicStatus status = state.Status;
        if (status == SseTopicStatus.Open)
        {
            // The process that ran it is gone. Nobody else will say so.
            await _publisher.CompleteAsync(topic, SseTopicStatus.Failed, state.Latest.Epoch, context.RequestAborted);
            status = SseTopicStatus.Failed;
        }

        if (!MayRunAgain(status))
        {
            return ClaimResult.Follow;
        }

        if (!runs.TryAdmit(run))
        {
            return ClaimResult.Rejected;
        }

        await _publisher.DeleteAsync(topic, state.Latest.Epoch, context.RequestAborted);
        run.Epoch = (await run.ReadStateAsync(_publisher.Store, context.RequestAborted)).Latest.Epoch;
        return ClaimResult.Taken;
    }

    private ValueTask<SseTopicState> ReadStateAsync() => _publisher.Store.GetStateAsync(topic, context.RequestAborted);

    private bool MayRunAgain(SseTopicStatus status) =>
        StreamRequest.LastEventIdOfTopics(context.Request) is null
        && options.RerunPolicy switch
        {
            SseRerunPolicy.AfterEnd => true,
            SseRerunPolicy.AfterFailure => status is SseTopicStatus.Failed or SseTopicStatus.FailureReported,
            _ => false,
        };
}

/// <summary>The result of a claim.</summary>
internal enum ClaimResult
{
    /// <summary>The run has what it needs, and the topic's log is open and empty.</summary>
    Taken,

    /// <summary>There is a topic to follow instead.</summary>
    Follow,

    /// <summary>A limit of runs is reached.</summary>
    Rejected,
}
