using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Waits for a client to take the rest of a response: until the write deadline, or until the grace period of a host that stops is over. Then the connection
/// is aborted. The server would wait as long as the client likes, at a stop too.
/// </summary>
internal readonly struct ResponseDeadline(IHttpRequestLifetimeFeature lifetime, SseOptions options, StreamRuntime runtime)
{
    // What a client that reads needs if the grace period is over already, on the wall clock: the network has no other.
    private static readonly TimeSpan AfterGrace = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns whether the client was in time.</summary>
    public async ValueTask<bool> WaitAsync(Task sending)
    {
        CancellationToken graceOver = runtime.GraceOver;
        try
        {
            await (graceOver.IsCancellationRequested
                ? sending.WaitAsync(AfterGrace, TimeProvider.System, CancellationToken.None)
                : sending.WaitAsync(options.WriteTimeout, runtime.Time, graceOver));
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !sending.IsCompleted)
        {
            _ = sending.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            lifetime.Abort();
            return false;
        }
    }
}
