using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>Asks the store on behalf of a client who has no stream yet. Where the store is out of order, the client is told to come back.</summary>
internal static class SseStoreQuestion
{
    /// <summary>Returns the answer; null where the client has been told to come back.</summary>
    public static async Task<bool?> TryAskAsync(HttpContext context, Func<Task<bool>> question)
    {
        SseRuntime runtime = SseRuntimes.For(context.RequestServices);
        try
        {
            bool answer = await question();
            runtime.StoreHealth.Answered();
            return answer;
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            runtime.StoreHealth.Failed(exception);
            SseOptions options = SseEndpointSettings.Of(context, runtime).Connection.Options;
            var deadline = new SseResponseDeadline(context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>(), options, runtime);

            // No error status: an EventSource would give up for good.
            await SseRefusedResponse.WriteAsync(
                context, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), SseRetryFrame.Jitter(options.OverloadRetry), deadline);
            return null;
        }
    }
}
