using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Replay.Leases;

namespace SseKit.Replay;

/// <summary>Runs a handler for its topic: its events are recorded while it runs, and its result when it has returned.</summary>
internal sealed partial class ReplayRunner(
    ReplayRecorder recorder, TopicLeases? leases, ILogger logger, IHttpContextAccessor? accessor)
{
    public async Task RunAsync(ReplayRun run, DefaultHttpContext context, RequestDelegate handler)
    {
        if (accessor is not null)
        {
            accessor.HttpContext = context;
        }

        using CancellationTokenRegistration lost =
            run.Lost.UnsafeRegister(static run => ((ReplayRun)run!).Stop(RunStop.LeaseLost), run);
        using CancellationTokenRegistration stopped = run.Stopping.UnsafeRegister(_ => LogStop(run), null);
        Exception? failure = null;
        Task<bool> recorded = recorder.RecordAsync(run);
        run.Recording = recorded;
        try
        {
            await handler(context);

            // If the handler wrote nothing, its headers and OnStarting callbacks follow now, and their exceptions are its failure.
            await run.Response.StartAsync();
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        try
        {
            run.EndHandler();
            await run.Response.FinishAsync(failure);
            _ = LogUnlessReceivedAsync(run, failure);

            // A stop for the app completes the topic, also of a handler that wrote nothing.
            if (await recorded || run.StopReason == RunStop.Requested)
            {
                await CompleteAsync(run, failure);
            }
        }
        catch (Exception exception)
        {
            await FailAsync(run, exception);
        }
        finally
        {
            await run.Response.RunCompletedCallbacksAsync(exception => Log.CallbackFailed(logger, run.Topic, run.Route, exception));
            await (run.Lease?.ReleaseAsync() ?? Task.CompletedTask);
        }
    }

    // A failed handler that opened no stream fails the request that began the run, unless its client has disconnected.
    private async Task LogUnlessReceivedAsync(ReplayRun run, Exception? failure)
    {
        if (failure is null || run.Response.IsKnownStream || run.StopReason is not (RunStop.None or RunStop.Failed))
        {
            return;
        }

        await run.Response.Answer.Left;
        if (!run.Response.Answer.FailureIsReceived)
        {
            Log.FailedUnseen(logger, run.Topic, run.Route, failure);
        }
    }

    private async Task FailAsync(ReplayRun run, Exception exception)
    {
        // A server that was paused may detect only here that the lease is lost.
        if (run.Lease is not { IsLost: true })
        {
            await recorder.TryFailAsync(run);
        }

        if (run.Lease is { IsLost: true })
        {
            // Another server may run the topic by now. The owner of the lease then marks how the run ended.
            Log.LeaseLost(logger, run.Topic, run.Route, exception);
            leases!.WatchOver(run.Topic, run.Lease.Duration, Timeout.InfiniteTimeSpan);
            return;
        }

        if (run.StopReason != RunStop.TopicDeleted)
        {
            Log.RunFailed(logger, run.Topic, run.Route, exception);
        }
    }

    private async Task CompleteAsync(ReplayRun run, Exception? failure)
    {
        if (run.StopReason == RunStop.TopicCompleted)
        {
            return;
        }

        if (run.StopReason == RunStop.Requested)
        {
            await CompleteStoppedAsync(run);
            return;
        }

        if (failure is not null && !run.IsStopped)
        {
            Log.RunFailed(logger, run.Topic, run.Route, failure);
        }

        bool isWhole = (failure is null && !run.IsStopped) || run.Response.IsComplete;
        SseTopicStatus failed = run.IsFailureReported ? SseTopicStatus.FailureReported : SseTopicStatus.Failed;
        await recorder.CompleteAsync(run, isWhole ? SseTopicStatus.Completed : failed);
    }

    // What stopped the run completes the topic too, unless the store failed. The app may have deleted the topic since.
    private async Task CompleteStoppedAsync(ReplayRun run)
    {
        try
        {
            await recorder.CompleteAsync(run, SseTopicStatus.Completed);
        }
        catch (SseStaleEpochException)
        {
            // A log that takes its place is not this run's.
        }
    }

    // The other reasons have their own message.
    private void LogStop(ReplayRun run)
    {
        if (run.StopReason is not (RunStop.Failed or RunStop.LeaseLost))
        {
            Log.Stopped(logger, run.Topic, run.Route, run.StopReason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.RunStopped, LogLevel.Information, "The run of {Route} for topic {Topic} is stopped: {Reason}.")]
        public static partial void Stopped(ILogger logger, string topic, string? route, RunStop reason);

        [LoggerMessage(
            LogEventIds.RunFailed,
            LogLevel.Error,
            "The run of {Route} for topic {Topic} failed; its followers receive the failure.")]
        public static partial void RunFailed(ILogger logger, string topic, string? route, Exception exception);

        [LoggerMessage(
            LogEventIds.RunFailedUnseen,
            LogLevel.Error,
            "The run of {Route} for topic {Topic} failed; the client that began it has disconnected, so no request reports the failure.")]
        public static partial void FailedUnseen(ILogger logger, string topic, string? route, Exception exception);

        [LoggerMessage(
            LogEventIds.LeaseLost,
            LogLevel.Warning,
            "The run of {Route} for topic {Topic} was stopped: its lease is lost, and another server may have the topic.")]
        public static partial void LeaseLost(ILogger logger, string topic, string? route, Exception exception);

        [LoggerMessage(
            LogEventIds.RunCallbackFailed,
            LogLevel.Error,
            "An OnCompleted callback of the run of {Route} for topic {Topic} failed.")]
        public static partial void CallbackFailed(ILogger logger, string topic, string? route, Exception exception);
    }
}
