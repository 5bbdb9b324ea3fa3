using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>Runs the code that writes a stream, and ends the stream for any reason.</summary>
/// <remarks>The stream may have finished, failed or been cut, or its handler may have ignored its token.</remarks>
internal static partial class StreamGuard
{
    public static async Task RunAsync(HttpContext context, StreamFeatures stream, RequestDelegate next)
    {
        ExceptionDispatchInfo? failure = null;
        stream.Install();
        try
        {
            try
            {
                await RunHandlerAsync(context, stream, next);
            }
            catch (Exception exception)
            {
                failure = await FailureOfAsync(context, stream, exception);
            }

            if (stream.Connection is not null)
            {
                failure = Rethrown(failure, await stream.EndAsync(failure?.SourceException), stream.Connection);
            }
        }
        finally
        {
            stream.Uninstall();
        }

        // The app's error handling receives the failure like any other.
        failure?.Throw();
    }

    private static async Task RunHandlerAsync(HttpContext context, StreamFeatures stream, RequestDelegate next)
    {
        Task? handler = null;
        try
        {
            handler = next(context);
            if (!handler.IsCompletedSuccessfully)
            {
                await RunUntilGraceEndsAsync(context, handler, stream);
            }
        }
        finally
        {
            // Null if the handler threw before it returned a task: what it has scheduled must not open the stream later (I9).
            if (handler is null or { IsCompleted: true })
            {
                await stream.OnHandlerReturnedAsync();
            }
        }

        await stream.CompletedAsync();
        if (stream.Follower is { } follower && await follower.TryOpenAsync())
        {
            await follower.FollowAsync();
        }

        if (stream.Connection is null or { Reason: EndReason.None })
        {
            await stream.FlushRestAsync();
        }
    }

    // Null if the stream had ended before, so that the exception is a consequence and no failure. Most streams end like that. (I7)
    private static async ValueTask<ExceptionDispatchInfo?> FailureOfAsync(HttpContext context, StreamFeatures stream, Exception exception)
    {
        stream.EndIfTokenHasFired();
        if (IsConsequence(context, stream.Connection, exception))
        {
            Log.ThrewAfterEnd(stream.Runtime.Logger, exception, stream.Connection!.Route);
            return await AnswerUnopenedAsync(stream.Connection);
        }

        stream.Connection?.End(EndReason.Failed);

        // The handler's exception may be a consequence of a failed opening.
        return stream.Connection?.Output.OpeningFailure ?? ExceptionDispatchInfo.Capture(exception);
    }

    // The answer may throw as well, by the app's OnStarting callbacks. The stream still has to end.
    private static async ValueTask<ExceptionDispatchInfo?> AnswerUnopenedAsync(StreamConnection connection)
    {
        try
        {
            await connection.AnswerUnopenedAsync();
            return null;
        }
        catch (Exception exception)
        {
            return ExceptionDispatchInfo.Capture(exception);
        }
    }

    // A failure that broke a stream is logged already, with its endpoint. If it were rethrown unchanged, the server would log it again.
    // An exception is still thrown, because a middleware would otherwise treat the request as a success.
    private static ExceptionDispatchInfo? Rethrown(ExceptionDispatchInfo? failure, StreamEnd end, StreamConnection connection)
    {
        switch (end)
        {
            case var _ when failure is null:
            case StreamEnd.FailureReported:
                return null;

            case StreamEnd.Earlier:
                // The client has a complete response, to which no error handler can add.
                Log.FailedAfterEnd(connection.Runtime.Logger, failure.SourceException, connection.Route);
                return null;

            case StreamEnd.Broken when failure.SourceException is not (OperationCanceledException or IOException):
                return ExceptionDispatchInfo.Capture(
                    new IOException(
                        "The event stream failed and its connection was aborted. See the inner exception.", failure.SourceException));

            default:
                return failure;
        }
    }

    // A stopping host waits for its requests. One handler that ignores its token would delay it for the whole shutdown timeout.
    private static async Task RunUntilGraceEndsAsync(HttpContext context, Task handler, StreamFeatures stream)
    {
        StreamRuntime runtime = stream.Runtime;
        await handler.WaitAsync(runtime.GraceOver).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!handler.IsCompleted && stream.Connection is { Reason: EndReason.None or EndReason.Completed, Drains: true } draining)
        {
            await handler.WaitAsync(draining.GraceLeft, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (handler.IsCompleted
            || stream.Connection is not { } connection
            || connection.Reason == EndReason.None
            || IsAnsweredByOtherCode(context, connection))
        {
            // If it runs on, it is no stream of this guard: an ordinary request keeps the whole shutdown timeout of the host.
            await handler;
            return;
        }

        Log.Abandoned(runtime.Logger, connection.Route);
        _ = ObserveAbandonedAsync(handler, runtime.Logger, connection.Route);
        throw new OperationCanceledException(runtime.GraceOver);
    }

    // The handler could have opened the stream, but other code wrote the response, such as the framework's.
    private static bool IsAnsweredByOtherCode(HttpContext context, StreamConnection connection) =>
        !connection.IsOpen && connection.Reason != EndReason.Refused && context.Response.HasStarted;

    // Drivers report a cancelled token by many exception types (RpcException, SqlException, InvalidOperationException).
    // So the stream's reason decides, and not the type.
    private static bool IsConsequence(HttpContext context, StreamConnection? connection, Exception exception)
    {
        if (connection is null || IsAnsweredByOtherCode(context, connection))
        {
            return false;
        }

        return connection.Reason switch
        {
            EndReason.None => false,
            EndReason.Completed or EndReason.Failed => connection.IsOpen && exception is OperationCanceledException,
            EndReason.Cancelled or EndReason.Aborted => connection.IsOpen,
            _ => true,
        };
    }

    private static async Task ObserveAbandonedAsync(Task handler, ILogger logger, string? route)
    {
        try
        {
            await handler;
        }
        catch (Exception exception)
        {
            Log.AbandonedFailed(logger, exception, route);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.HandlerAbandoned,
            LogLevel.Warning,
            "The handler of a stream of {Route} ignored its cancellation token; the host stops without waiting for it.")]
        public static partial void Abandoned(ILogger logger, string? route);

        [LoggerMessage(
            LogEventIds.HandlerFailedAfterEnd,
            LogLevel.Error,
            "The handler of a stream of {Route} failed after its response was complete.")]
        public static partial void FailedAfterEnd(ILogger logger, Exception exception, string? route);

        [LoggerMessage(
            LogEventIds.HandlerThrewAfterEnd,
            LogLevel.Debug,
            "The handler of a stream of {Route} threw after the stream had ended.")]
        public static partial void ThrewAfterEnd(ILogger logger, Exception exception, string? route);

        [LoggerMessage(LogEventIds.AbandonedHandlerFailed, LogLevel.Debug, "The abandoned handler of a stream of {Route} failed.")]
        public static partial void AbandonedFailed(ILogger logger, Exception exception, string? route);
    }
}
