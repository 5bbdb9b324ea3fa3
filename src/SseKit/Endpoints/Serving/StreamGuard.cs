using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>Runs what writes a stream and ends it for any reason: finished, failed, cut, or ignored by the handler.</summary>
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
            catch (Exception exception) when (IsConsequence(context, stream.Connection, exception))
            {
                // The stream has ended, and what the handler made of that is no failure of its own. That is how most streams end. (I7)
                Log.ThrewAfterEnd(stream.Runtime.Logger, exception, stream.Connection!.Route);
                await stream.Connection.AnswerUnopenedAsync();
            }
            catch (Exception exception)
            {
                stream.Connection?.End(EndReason.Failed);

                // The handler's exception may be what it makes of a stream that could not be opened.
                failure = stream.Connection?.Output.OpeningFailure ?? ExceptionDispatchInfo.Capture(exception);
            }

            stream.OnHandlerReturned();
            if (stream.Connection is not null)
            {
                failure = Rethrown(failure, await stream.EndAsync(failure?.SourceException), stream.Connection);
            }
        }
        finally
        {
            stream.Uninstall();
        }

        // The app's own error handling meets the failure as it would any other.
        failure?.Throw();
    }

    private static async Task RunHandlerAsync(HttpContext context, StreamFeatures stream, RequestDelegate next)
    {
        Task handler = next(context);
        if (!handler.IsCompletedSuccessfully)
        {
            await RunUntilGraceIsOverAsync(context, handler, stream);
        }

        await stream.CompletedAsync();
        if (stream.Follower is { } follower && await follower.TryOpenAsync())
        {
            await follower.FollowAsync();
        }

        if (stream.Connection is { Reason: EndReason.None })
        {
            await stream.FlushRestAsync();
        }
    }

    // A failure that broke a stream is logged, with its endpoint. Thrown on as it is, the server would log it again; a middleware still has to meet an exception,
    // or it would take the request for a success.
    private static ExceptionDispatchInfo? Rethrown(ExceptionDispatchInfo? failure, StreamEnd end, StreamConnection connection)
    {
        switch (end)
        {
            case var _ when failure is null:
            case StreamEnd.FailureReported:
                return null;

            case StreamEnd.Earlier:
                // The client has a complete response, and no error handler could add to it.
                Log.FailedAfterEnd(connection.Runtime.Logger, failure.SourceException, connection.Route);
                return null;

            case StreamEnd.Broken when failure.SourceException is not (OperationCanceledException or IOException):
                return ExceptionDispatchInfo.Capture(
                    new IOException("The event stream failed and its connection was aborted. See the inner exception.", failure.SourceException));

            default:
                return failure;
        }
    }

    // A host that stops waits for its requests, so one handler that ignores its token would hold it for the whole shutdown timeout.
    private static async Task RunUntilGraceIsOverAsync(HttpContext context, Task handler, StreamFeatures stream)
    {
        StreamRuntime runtime = stream.Runtime;
        try
        {
            await handler.WaitAsync(runtime.GraceOver);
        }
        catch (OperationCanceledException) when (!handler.IsCompleted && runtime.GraceOver.IsCancellationRequested)
        {
            if (stream.Connection is not { } connection || connection.Reason == EndReason.None || IsAnsweredByOthers(context, connection))
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

    // The handler had a stream at hand, and answered with something else, such as the framework's result.
    private static bool IsAnsweredByOthers(HttpContext context, StreamConnection connection) =>
        !connection.IsOpen && connection.Reason != EndReason.Refused && context.Response.HasStarted;

    // What drivers make of a cancelled token has many types (RpcException, SqlException, InvalidOperationException), so the reason decides and not the type.
    private static bool IsConsequence(HttpContext context, StreamConnection? connection, Exception exception)
    {
        if (connection is null || IsAnsweredByOthers(context, connection))
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

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.HandlerAbandoned, LogLevel.Warning, "The handler of a stream of {Route} ignored its cancellation token; the host stops without it.")]
        public static partial void Abandoned(ILogger logger, string? route);

        [LoggerMessage(LogEventIds.HandlerFailedAfterEnd, LogLevel.Error, "The handler of a stream of {Route} failed after its response was complete.")]
        public static partial void FailedAfterEnd(ILogger logger, Exception exception, string? route);

        [LoggerMessage(LogEventIds.HandlerThrewAfterEnd, LogLevel.Debug, "The handler of a stream of {Route} threw after the stream had ended.")]
        public static partial void ThrewAfterEnd(ILogger logger, Exception exception, string? route);

        [LoggerMessage(LogEventIds.AbandonedHandlerFailed, LogLevel.Debug, "A handler that the host left behind failed.")]
        public static partial void AbandonedFailed(ILogger logger, Exception exception);
    }
}
