using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace SseKit.Replay;

/// <summary>Reads a request's body whole, for a run that outlives the request. Bounded (I8): it stays in memory as long as the run.</summary>
internal static class ReplayBody
{
    /// <summary>Returns null where the body is too large; the request has been answered with 413 then.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContext context, int maxSize)
    {
        PipeReader reader = context.Request.BodyReader;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(context.RequestAborted);
            if (result.Buffer.Length > maxSize)
            {
                reader.AdvanceTo(result.Buffer.End);
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return null;
            }

            if (result.IsCompleted)
            {
                byte[] body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
