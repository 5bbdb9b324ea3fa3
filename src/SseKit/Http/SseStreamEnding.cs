using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>
/// Ends a response that is a stream:
/// 1. write the last frames;
/// 2. complete the response, or abort the connection if the stream must not look complete;
/// 3. wait until no write is inside the response any more, and record the end.
/// </summary>
internal static partial class SseStreamEnding
{
    /// <summary>
    /// Kestrel drops what it has not sent yet when a connection is aborted, and clients of HTTP/2 drop what they have not read yet. This is the time
    /// that the last events of a stream that failed get, on the wall clock: the network knows no other.
    /// </summary>
    private static readonly TimeSpan AbortDelay = TimeSpan.FromMilliseconds(250);

    public static async Task<SseStreamEnd> RunAsync(
        SseConnection connection, IHttpResponseBodyFeature body, IHttpRequestLifetimeFeature lifetime, Exception? failure)
    {
        try
        {
            // Step 1.
            bool clean = await connection.WriteLastFramesAsync(failure);
            if (!connection.IsOpen)
            {
                return SseStreamEnd.Unopened;
            }

            SseStreamEnd end = EndOf(connection, clean, failure);

            // Step 2.
            await (clean ? CompleteAsync(connection, body, lifetime) : BreakAsync(connection, lifetime));
            return end;
        }
        catch (Exception exception)
        {
            // A middleware's body may throw at the completion. No caller could do more about it than this method.
            connection.ReportWriteFailure(exception);
            await BreakAsync(connection, lifetime);
            return SseStreamEnd.Broken;
        }
        finally
        {
            // Step 3.
            await connection.Output.CloseAsync();
            connection.Close(failure);
        }
    }

    private static SseStreamEnd EndOf(SseConnection connection, bool clean, Exception? failure)
    {
        if (failure is null || connection.Reason != SseEndReason.Failed)
        {
            return clean ? SseStreamEnd.Complete : SseStreamEnd.Broken;
        }

        if (clean)
        {
            Log.FailureReported(connection.Runtime.Logger, failure, connection.Route);
            return SseStreamEnd.FailureReported;
        }

        Log.Failed(connection.Runtime.Logger, failure, connection.Route);
        return SseStreamEnd.Broken;
    }

    private static async Task CompleteAsync(SseConnection connection, IHttpResponseBodyFeature body, IHttpRequestLifetimeFeature lifetime)
    {
        bool inTime = await new SseResponseDeadline(lifetime, connection.Options, connection.Runtime).WaitAsync(body.CompleteAsync());
        if (!inTime && connection.Reason == SseEndReason.Completed)
        {
            connection.ReportWriteTimeout();
        }
    }

    private static async Task BreakAsync(SseConnection connection, IHttpRequestLifetimeFeature lifetime)
    {
        if (connection.Reason is not (SseEndReason.ClientLeft or SseEndReason.WriteTimeout or SseEndReason.Aborted))
        {
            await Task.Delay(AbortDelay, TimeProvider.System);
        }

        lifetime.Abort();
        await CancelledAsync(lifetime.RequestAborted);
    }

    // The server fires the token a moment after the abort. Error handlers look at it, to tell a request that was aborted from one that failed; a failure is
    // logged already.
    private static async Task CancelledAsync(CancellationToken aborted)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (aborted.UnsafeRegister(static cancelled => ((TaskCompletionSource)cancelled!).TrySetResult(), cancelled))
        {
            await Task.WhenAny(cancelled.Task, Task.Delay(AbortDelay, TimeProvider.System, CancellationToken.None));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.HandlerFailed, LogLevel.Error, "The handler of a stream of {Route} failed; its connection is aborted.")]
        public static partial void Failed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(SseEventIds.FailureTold, LogLevel.Error, "The handler of a stream of {Route} failed; an event reports it to the client.")]
        public static partial void FailureReported(ILogger logger, Exception exception, string? route);
    }
}
