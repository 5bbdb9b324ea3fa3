using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>Runs what writes a stream and sees to its end, however it comes: finished, failed, cut, or never noticed by the handler.</summary>
internal static partial class SseStreamGuard
{
    /// <summary>
    /// Kestrel drops what it has not sent yet when a connection is aborted, and clients of HTTP/2 drop what they have not read yet. This is the time
    /// that the last events of a stream that failed get, on the wall clock: the network knows no other.
    /// </summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(HttpContext context, ISseStreamSource source, SseRuntime runtime, RequestDelegate next)
    {
        ExceptionDispatchInfo? failure = null;
        try
        {
            Task handler = next(context);
            if (!handler.IsCompletedSuccessfully)
            {
                await RunUntilGraceIsOverAsync(context, handler, source, runtime);
            }

            if (source.Follower is { } follower && await follower.TryOpenAsync())
            {
                await follower.FollowAsync();
            }

            if (source.Connection is { Reason: SseEndReason.None })
            {
                await source.FlushRestAsync();
            }
        }
        catch (Exception exception) when (IsNormalEnd(source.Connection, exception))
        {
            // The client left, the host stops or a deadline passed, and the handler heard of it. That is how most streams end. (I7)
            await AnswerAsync(context, source.Connection!);
        }
        catch (Exception exception)
        {
            source.Connection?.End(SseEndReason.Failed);
            failure = ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            source.Uninstall();
        }

        if (source.Connection is { } connection && await TellAndCloseAsync(context, connection, failure, runtime.Logger))
        {
            return;
        }

        // The app's own error handling and the server's log see the failure as they would any other.
        failure?.Throw();
    }

    // Returns whether an event has told the client of the failure. Thrown on, the failure would break the response that ends with it.
    private static async ValueTask<bool> TellAndCloseAsync(HttpContext context, SseConnection connection, ExceptionDispatchInfo? failure, ILogger logger)
    {
        bool clean = await connection.FinishAsync(failure?.SourceException);
        bool told = failure is not null && clean && connection is { IsOpen: true, Reason: SseEndReason.Failed };
        if (told)
        {
            Log.Told(logger, failure!.SourceException, connection.Route);
        }
        else if (connection.IsOpen && (failure is not null || !clean))
        {
            await BreakAsync(context, connection.Reason);
            LogWhatServerHides(failure, connection, logger);
        }

        await connection.Output.CloseAsync();
        return told;
    }

    // A host that stops waits for its requests, so one handler that ignores its token would hold it for the whole shutdown timeout.
    private static async Task RunUntilGraceIsOverAsync(HttpContext context, Task handler, ISseStreamSource source, SseRuntime runtime)
    {
        try
        {
            await handler.WaitAsync(runtime.GraceOver);
        }
        catch (OperationCanceledException) when (!handler.IsCompleted && runtime.GraceOver.IsCancellationRequested)
        {
            if (source.Connection is not { } connection || connection.Reason == SseEndReason.None || IsAnsweredByOthers(context, connection))
            {
                // Not a stream of this guard: an ordinary request gets the time that the host gives to all.
                await handler;
                return;
            }

            Log.Abandoned(runtime.Logger, connection.Route);
            _ = ObserveAbandonedAsync(handler, runtime.Logger);
            throw;
        }
    }

    private static async Task AnswerAsync(HttpContext context, SseConnection connection)
    {
        if (!IsAnsweredByOthers(context, connection))
        {
            await connection.AnswerUnopenedAsync();
        }
    }

    // The handler had a stream at hand, and answered with something else, such as the framework's result.
    private static bool IsAnsweredByOthers(HttpContext context, SseConnection connection) =>
        !connection.IsOpen && connection.Reason != SseEndReason.Refused && context.Response.HasStarted;

    private static async Task ObserveAbandonedAsync(Task handler, ILogger logger)
    {
        try
        {
            await handler;
        }
        catch (Exception exception)
        {
            Log.AbandonedFailed(logger, exception);
        }
    }

    private static async Task BreakAsync(HttpContext context, SseEndReason reason)
    {
        if (reason is not (SseEndReason.ClientLeft or SseEndReason.WriteTimeout))
        {
            await Task.Delay(Linger, TimeProvider.System);
        }

        context.Abort();
    }

    // On a connection that is aborted the server takes these for a client that left. An upstream that timed out is no such thing.
    private static void LogWhatServerHides(ExceptionDispatchInfo? failure, SseConnection connection, ILogger logger)
    {
        if (failure?.SourceException is OperationCanceledException or IOException)
        {
            Log.Failed(logger, failure.SourceException, connection.Route);
        }
    }

    private static bool IsNormalEnd(SseConnection? connection, Exception exception) =>
        connection is not null
        && connection.Reason != SseEndReason.None
        && exception is OperationCanceledException or IOException;

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.HandlerAbandoned, LogLevel.Warning, "The handler of a stream of {Route} ignored its cancellation token; the host stops without it.")]
        public static partial void Abandoned(ILogger logger, string? route);

        [LoggerMessage(SseEventIds.HandlerFailed, LogLevel.Error, "The handler of a stream of {Route} failed; its connection is broken off.")]
        public static partial void Failed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(SseEventIds.FailureTold, LogLevel.Error, "The handler of a stream of {Route} failed; an event has told its client.")]
        public static partial void Told(ILogger logger, Exception exception, string? route);

        [LoggerMessage(SseEventIds.AbandonedHandlerFailed, LogLevel.Debug, "A handler that the host left behind failed.")]
        public static partial void AbandonedFailed(ILogger logger, Exception exception);
    }
}
