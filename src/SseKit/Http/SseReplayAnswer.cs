using Microsoft.AspNetCore.Http;

namespace SseKit.Http;

/// <summary>Passes on what a run answered that is no stream: a 401, a 404, an error as JSON.</summary>
internal static class SseReplayAnswer
{
    public static async Task CopyAsync(SseReplayResponse answer, HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = answer.StatusCode;
        foreach (KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues> header in answer.Headers)
        {
            response.Headers[header.Key] = header.Value;
        }

        await answer.Reader.CopyToAsync(response.Body, context.RequestAborted);
    }
}
