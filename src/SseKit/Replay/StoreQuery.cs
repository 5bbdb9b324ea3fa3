using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Endpoints.Serving;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>Reads the store for a client without a stream. If the store is unavailable, the client gets a time to reconnect.</summary>
internal static class StoreQuery
{
    /// <summary>Returns the answer; null if the client was rejected with a time to reconnect.</summary>
    public static async Task<T?> TryAskAsync<T>(HttpContext context, Func<Task<T>> question)
        where T : struct
    {
        StoreHealth health = context.RequestServices.GetRequiredService<TopicServices>().Health;
        try
        {
            T answer = await question();
            health.Answered();
            return answer;
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            health.Failed(exception);

            // Not an error status, after which an EventSource never reconnects.
            await HttpEventStream.Of(context).Connection.RejectAsync();
            return null;
        }
    }
}
