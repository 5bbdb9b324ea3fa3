using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Topics;
using SseKit.Writing;

namespace SseKit.Replay;

/// <summary>Reads the store for a client that has no stream yet. If the store is unavailable, the client gets a time to reconnect.</summary>
internal static class StoreQuery
{
    /// <summary>Returns the answer; null if the client was rejected with a time to reconnect.</summary>
    public static async Task<bool?> TryAskAsync(HttpContext context, Func<Task<bool>> question)
    {
        StreamRuntime runtime = StreamRuntimes.For(context.RequestServices);
        StoreHealth health = context.RequestServices.GetRequiredService<TopicServices>().Health;
        try
        {
            bool answer = await question();
            health.Answered();
            return answer;
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            health.Failed(exception);
            SseOptions options = EndpointSettings.Of(context, runtime).Connection.Options;
            var deadline = new ResponseDeadline(context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>(), options, runtime);

            // No error status: an EventSource would give up for good.
            context.Features.Get<IResponseInterception>()?.StepAside();
            await RejectedResponse.WriteAsync(
                context, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), RetryFrame.Jitter(options.OverloadRetry), deadline);
            return null;
        }
    }
}
