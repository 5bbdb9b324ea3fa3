using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Interception;

/// <summary>A handler cancels its wait for a client that does not read.</summary>
public sealed class CancelledWriteTests : ServerTest
{
    private readonly Pipe _client = new(new PipeOptions(pauseWriterThreshold: 16, resumeWriterThreshold: 8));
    private readonly Signal _cancelled = new();

    [Theory]
    [InlineData("response", 10)]
    [InlineData("response", 20_000)]
    [InlineData("pipe", 10)]
    [InlineData("pipe", 20_000)]
    [InlineData("body", 10)]
    [InlineData("body", 20_000)]
    public async Task A_cancelled_write_is_sent_once(string way, int length)
    {
        string large = $"data: {new string('x', length)}\n\n";
        string[] events = [large, "data: 2\n\n", large];

        string sent = await ServeAsync(async response =>
        {
            await CancelAsync(token => WriteAsync(response, way, events[0], token));
            _cancelled.Set();
            await WriteAsync(response, way, events[1], CancellationToken.None);
            await WriteAsync(response, way, events[2], CancellationToken.None);
        });

        Assert.Equal(string.Concat(events), sent);
    }

    [Fact]
    public async Task A_write_cancelled_behind_another_is_sent_once()
    {
        string sent = await ServeAsync(async response =>
        {
            await CancelAsync(token => WriteAsync(response, "pipe", "data: longer than the pipe takes\n\n", token));
            await CancelAsync(token => WriteAsync(response, "pipe", "data: 2\n\n", token));
            _cancelled.Set();
            await WriteAsync(response, "pipe", "data: 3\n\n", CancellationToken.None);
        });

        Assert.Equal("data: longer than the pipe takes\n\ndata: 2\n\ndata: 3\n\n", sent);
    }

    [Fact]
    public async Task A_write_with_a_cancelled_token_sends_nothing()
    {
        string sent = await ServeAsync(async response =>
        {
            await WriteAsync(response, "pipe", "data: 1\n\n", CancellationToken.None);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => WriteAsync(response, "pipe", "data: 2\n\n", new CancellationToken(canceled: true)));
            _cancelled.Set();
            await WriteAsync(response, "pipe", "data: 3\n\n", CancellationToken.None);
        });

        Assert.Equal("data: 1\n\ndata: 3\n\n", sent);
    }

    private async Task<string> ServeAsync(Func<HttpResponse, Task> write)
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                context.Response.Body = _client.Writer.AsStream();
                await next(context);
                await _client.Writer.CompleteAsync();
            });
            app.UseSse();
            app.Run(async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await write(context.Response);
            });
        });
        Task serving = app.CreateClient().GetAsync("/");

        await _cancelled.WaitAsync();
        using var reader = new StreamReader(_client.Reader.AsStream());
        string sent = await reader.ReadToEndAsync().OrTimeout();

        await serving.OrTimeout();
        return sent[sent.IndexOf("data: ", StringComparison.Ordinal)..];
    }

    private static async Task CancelAsync(Func<CancellationToken, Task> write)
    {
        using var cancellation = new CancellationTokenSource();
        Task writing = write(cancellation.Token);
        Assert.False(writing.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    private static Task WriteAsync(HttpResponse response, string way, string text, CancellationToken cancellationToken) => way switch
    {
        "response" => response.WriteAsync(text, cancellationToken),
        "pipe" => response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).AsTask(),
        _ => response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).AsTask(),
    };
}
