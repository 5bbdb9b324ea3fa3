using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>Waits until a client has received the rest of a response, and aborts the connection at a deadline.</summary>
/// <remarks>
/// The deadline is the write deadline, or the end of a stopping host's grace period. The server itself would wait without limit, also
/// during a stop.
/// </remarks>
internal readonly struct ResponseDeadline(IHttpRequestLifetimeFeature lifetime, StreamConnection connection)
{
    // The time that a reading client needs if the grace period is over already. Real time, because the network follows no TimeProvider.
    private static readonly TimeSpan AfterGrace = TimeSpan.FromMilliseconds(500);

    private CancellationToken GraceOver => connection.Runtime.GraceOver;

    /// <summary>Waits for the response, and returns whether the client received it in time.</summary>
    public async ValueTask<bool> WaitAsync(Task sending)
    {
        try
        {
            await SendAsync(sending);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            if (sending.IsCompleted)
            {
                // Its own exception, or none: it may have completed right after the deadline.
                await sending;
                return true;
            }

            _ = sending.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            lifetime.Abort();
            return false;
        }
    }

    private async Task SendAsync(Task sending)
    {
        TimeSpan timeout = connection.Options.WriteTimeout;
        if (!GraceOver.IsCancellationRequested)
        {
            try
            {
                await sending.WaitAsync(timeout, connection.Runtime.Time, GraceOver);
                return;
            }
            catch (OperationCanceledException) when (!sending.IsCompleted && connection.Drains)
            {
                // A stream that drains has more time.
            }
        }

        TimeSpan left = timeout == Timeout.InfiniteTimeSpan || connection.GraceLeft < timeout ? connection.GraceLeft : timeout;
        await sending.WaitAsync(left > AfterGrace ? left : AfterGrace, TimeProvider.System);
    }
}
