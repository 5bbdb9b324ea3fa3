using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>A middleware replaces the response's body by a MemoryStream, as loggers of responses do.</summary>
public sealed class BufferedBodyTests : ServerTest
{
    [Theory]
    [InlineData("/writer")]
    [InlineData("/values")]
    [InlineData("/framework")]
    [InlineData("/foreign")]
    public async Task A_buffered_stream_is_logged_once_for_its_endpoint(string path)
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                Stream body = context.Response.Body;
                using var buffer = new MemoryStream();
                context.Response.Body = buffer;
                await next(context);
                context.Response.Body = body;
                await body.WriteAsync(buffer.ToArray());
            });
            app.UseSse();
            app.MapSse("/writer", (events, ct) => events.WriteAsync("one", ct).AsTask());
            app.MapSse("/values", () => Values());
            app.MapGet("/framework", () => TypedResults.ServerSentEvents(Values()));
            app.MapGet("/foreign", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("data: one\n\n"));
            });
        });

        for (int i = 0; i < 2; i++)
        {
            Assert.Contains("data: one\n\n", await app.CreateClient().GetStringAsync(path).OrTimeout());
        }

        LogRecord warning = Assert.Single(Logs.Records, record => record is { Level: LogLevel.Warning, Category: "SseKit" });
        Assert.Contains(path, warning.Message, StringComparison.Ordinal);
        Assert.Contains("MemoryStream", warning.Message, StringComparison.Ordinal);
    }

    private static async IAsyncEnumerable<string> Values()
    {
        await Task.Yield();
        yield return "one";
    }
}
