using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Waits until a client has received the rest of a response, and aborts the connection at its <see cref="ReaderDeadline"/>.
/// </summary>
internal readonly struct ResponseDeadline(IHttpRequestLifetimeFeature lifetime, StreamConnection connection)
{
    /// <summary>Waits for the response, and returns whether the client received it in time.</summary>
    public async ValueTask<bool> WaitAsync(Task sending)
    {
        using var deadline = new ReaderDeadline(connection);
        try
        {
            await sending.WaitAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException) when (deadline.Token.IsCancellationRequested)
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
}
