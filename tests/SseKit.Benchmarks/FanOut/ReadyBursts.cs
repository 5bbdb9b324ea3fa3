using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SseKit.Benchmarks.FanOut;

/// <summary>
/// The lower bound of a burst's cost on this server: its bytes are ready, and each client's handler writes them in one call.
/// </summary>
internal sealed class ReadyBursts
{
    private readonly ArrayBufferWriter<byte> _collected = new();
    private TaskCompletionSource<byte[]> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _events;

    /// <summary>Adds an event to the next burst, as long as one of a followed topic.</summary>
    public Task AddAsync(string data)
    {
        _collected.Write(Encoding.UTF8.GetBytes($"data: {data}\nid: 0123456789abcdef-{++_events}\n\n"));
        return Task.CompletedTask;
    }

    /// <summary>Sends the added events.</summary>
    public void Send()
    {
        byte[] burst = _collected.WrittenSpan.ToArray();
        _collected.ResetWrittenCount();
        TaskCompletionSource<byte[]> next = _next;
        _next = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        next.SetResult(burst);
    }

    public async Task FollowAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        Task<byte[]> next = _next.Task;
        await context.Response.BodyWriter.WriteAsync(":\n"u8.ToArray(), context.RequestAborted);
        while (true)
        {
            // A burst is sent only after all clients have received the one before, so none is missed.
            byte[] burst = await next.WaitAsync(context.RequestAborted);
            next = _next.Task;
            await context.Response.BodyWriter.WriteAsync(burst, context.RequestAborted);
        }
    }
}
