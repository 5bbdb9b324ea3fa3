using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Ends a response that is a stream:
/// 1. prevent a late opening, and write the final frame;
/// 2. complete the response, or abort the connection if the stream must not look complete;
/// 3. wait until no write uses the response any more, and record the end.
/// </summary>
internal static partial class StreamEnding
{
    // Clients drop what they have received and not read when the connection breaks: fetch in browsers, and HTTP/2 everywhere. So a break
    // comes this long after the last event. Real time, because the network follows no TimeProvider.
    private static readonly TimeSpan BreakDelay = TimeSpan.FromMilliseconds(250);

    public static async Task<StreamEnd> RunAsync(
        HttpContext context,
        StreamConnection connection,
        IHttpResponseBodyFeature body,
        IHttpRequestLifetimeFeature lifetime,
        Exception? failure)
    {
        try
        {
            // Step 1.
            await connection.Output.SealAsync();
            EndRule rule = await connection.WriteLastFrameAsync(failure);
            if (!connection.IsOpen)
            {
                return StreamEnd.Unopened;
            }

            StreamEnd end = EndOf(connection, rule.IsClean, failure);

            // Step 2.
            await (rule.IsClean ? CompleteAsync(connection, body, lifetime) : BreakAsync(context, connection, lifetime, rule.HasReader));
            return end;
        }
        catch (Exception exception)
        {
            // A middleware's body may throw on completion. No caller could handle that better than this method.
            connection.ReportWriteFailure(exception);
            await BreakAsync(context, connection, lifetime, hasReader: true);
            return StreamEnd.Broken;
        }
        finally
        {
            // Step 3.
            await connection.Output.CloseAsync();
            connection.Close(failure);
        }
    }

    private static StreamEnd EndOf(StreamConnection connection, bool clean, Exception? failure)
    {
        if (failure is null || connection.Reason != EndReason.Failed)
        {
            return clean ? StreamEnd.Complete : StreamEnd.Broken;
        }

        if (clean)
        {
            Log.FailureReported(connection.Runtime.Logger, failure, connection.Route);
            return StreamEnd.FailureReported;
        }

        Log.Failed(connection.Runtime.Logger, failure, connection.Route);
        return StreamEnd.Broken;
    }

    private static async Task CompleteAsync(
        StreamConnection connection, IHttpResponseBodyFeature body, IHttpRequestLifetimeFeature lifetime)
    {
        bool inTime = await new ResponseDeadline(lifetime, connection).WaitAsync(body.CompleteAsync());
        if (!inTime && connection.Reason == EndReason.Completed)
        {
            connection.ReportWriteTimeout();
        }
    }

    // The abort is the last step for any reason, because no middleware can complete an aborted response.
    private static async Task BreakAsync(
        HttpContext context, StreamConnection connection, IHttpRequestLifetimeFeature lifetime, bool hasReader)
    {
        if (hasReader)
        {
            await Task.Delay(BreakDelay, TimeProvider.System);

            // Not while a write uses the memory of the pipe, which the transport frees at its end.
            if (connection.Output.IsIdle && ConnectionClosing.TryBegin(context) is { } closing)
            {
                await new ResponseDeadline(lifetime, connection).WaitAsync(closing);
            }
        }

        lifetime.Abort();
        await CancelledAsync(lifetime.RequestAborted);
    }

    // The server fires the token shortly after the abort. Error handlers read it to distinguish an aborted request from a failed one; a
    // failure is logged already.
    private static async Task CancelledAsync(CancellationToken aborted) =>
        await Task.Delay(BreakDelay, TimeProvider.System, aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.HandlerFailed, LogLevel.Error, "The handler of a stream of {Route} failed; its connection is aborted.")]
        public static partial void Failed(ILogger logger, Exception exception, string? route);

        [LoggerMessage(
            LogEventIds.FailureReported,
            LogLevel.Error,
            "The handler of a stream of {Route} failed; an event reports it to the client.")]
        public static partial void FailureReported(ILogger logger, Exception exception, string? route);
    }
}

/// <summary>Lists how a stream can end for its client.</summary>
internal enum StreamEnd
{
    /// <summary>The response is complete.</summary>
    Complete,

    /// <summary>The response is complete, and its last event reports the failure.</summary>
    FailureReported,

    /// <summary>The connection is aborted, so that what was sent does not look complete.</summary>
    Broken,

    /// <summary>No stream was opened; other code determines the response.</summary>
    Unopened,

    /// <summary>The response had ended before.</summary>
    Earlier,
}
