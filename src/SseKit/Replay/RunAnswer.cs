using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SseKit.Replay;

/// <summary>
/// The answer of a run that is no stream: a 401, a 404, an error as JSON. The client that began the run gets it as it is written, and the
/// clients that wait for the run get a copy.
/// </summary>
/// <param name="response">The response of the run.</param>
internal sealed class RunAnswer(ReplayResponse response)
{
    // The most bytes that are kept for the clients that wait (I8). If the answer is longer, the next of them runs the handler again.
    private const int MaxCopy = 1024 * 1024;

    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte[]?> _copy = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the body for clients that wait; null if there is none for them.</summary>
    public Task<byte[]?> Copy => _copy.Task;

    /// <summary>Completes when the request that began the run has ended.</summary>
    public Task Left => _left.Task;

    /// <summary>Gets or sets whether the request that began the run got the run's failure. The app's error handling reports it.</summary>
    public bool FailureIsReceived { get; set; }

    /// <summary>Sends the answer to the client that began the run.</summary>
    public async Task SendAsync(HttpContext context)
    {
        context.Response.StatusCode = response.StatusCode;
        foreach (KeyValuePair<string, StringValues> header in response.Headers)
        {
            RunHeaders.Copy(header, context.Response);
        }

        ArrayBufferWriter<byte>? copy = new();
        PipeReader reader = response.Reader;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(context.RequestAborted);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                if (copy?.WrittenCount + segment.Length > MaxCopy)
                {
                    copy = null;
                    Drop();
                }

                copy?.Write(segment.Span);
                await context.Response.Body.WriteAsync(segment, context.RequestAborted);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        // The answer broke off, so it breaks off for its client.
        FailureIsReceived = response.Failure is not null;
        response.Failure?.Throw();
        _copy.TrySetResult(copy?.WrittenSpan.ToArray());
    }

    /// <summary>Sends the copy to a client that waited.</summary>
    public async Task SendCopyAsync(HttpContext context, byte[] copy)
    {
        context.Response.StatusCode = response.StatusCode;
        RunHeaders.CopyToWaiter(response.Headers, context.Response);
        if (copy.Length > 0)
        {
            // A status without a body, such as 204, allows no write, not even an empty one.
            await context.Response.Body.WriteAsync(copy, context.RequestAborted);
        }
    }

    /// <summary>
    /// Ends the request that began the run. The rest of the answer has no reader any more, and a handler that continues to write must not
    /// wait for one.
    /// </summary>
    public async Task LeaveAsync()
    {
        _left.SetResult();
        try
        {
            if (await response.IsStream)
            {
                return;
            }
        }
        catch (Exception)
        {
            // A handler that failed before its first byte has no answer.
        }

        await response.Reader.CompleteAsync();
        Drop();
    }

    /// <summary>Lets the clients that wait do without a copy: there is none, or it is too long.</summary>
    public void Drop() => _copy.TrySetResult(null);
}

/// <summary>Sends the answer of a run to a client.</summary>
/// <param name="answer">The answer.</param>
/// <param name="copy">The copy of its body for a client that waited; null for the client that began the run.</param>
internal sealed class RunAnswerResult(RunAnswer answer, byte[]? copy = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        copy is null ? answer.SendAsync(httpContext) : answer.SendCopyAsync(httpContext, copy);
}
