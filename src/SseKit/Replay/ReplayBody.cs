using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Replay;

/// <summary>Reads a request's body whole, so that the client's binding and a run can both read it.</summary>
/// <remarks>It is bounded, because it stays in memory as long as the run (I8).</remarks>
internal static class ReplayBody
{
    /// <summary>Reads the body, and replaces it by one that can be read again.</summary>
    /// <returns>The body; null if it is too large. The request is then answered with 413.</returns>
    public static async Task<byte[]?> ReadAsync(HttpContext context, int maxSize)
    {
        HttpRequest request = context.Request;
        PipeReader reader = request.BodyReader;
        if (request.Body.CanSeek)
        {
            // Another middleware has buffered it, and may have read it. The request's own reader would still hold bytes that it has read.
            request.Body.Position = 0;
            reader = PipeReader.Create(request.Body, new StreamPipeReaderOptions(leaveOpen: true));
        }
        else if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return [];
        }

        if (await ReadAsync(reader, maxSize, context.RequestAborted) is not { } body)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return null;
        }

        request.Body = new MemoryStream(body, writable: false);
        return body;
    }

    private static async Task<byte[]?> ReadAsync(PipeReader reader, int maxSize, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            if (result.Buffer.Length > maxSize)
            {
                reader.AdvanceTo(result.Buffer.End);
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
