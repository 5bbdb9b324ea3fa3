using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Topics;
using SseKit.Writing;

namespace SseKit.Replay;

/// <summary>Asks the store on behalf of a client who has no stream yet. Where the store is out of order, the client is told to come back.</summary>
internal static class StoreQuery
{
    /// <summary>Returns the answer; null where the client has been told to come back.</summary>
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
            await RejectedResponse.WriteAsync(
                context, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), RetryFrame.Jitter(options.OverloadRetry), deadline);
            return null;
        }
    }
}
