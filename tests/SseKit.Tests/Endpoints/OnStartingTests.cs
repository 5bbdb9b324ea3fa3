using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>
/// The app's OnStarting callbacks run when a stream opens, and may throw: a stream is open when its response has started.
/// </summary>
public sealed class OnStartingTests : ServerTest
{
    private const string Message = "The ticket store is down.";

    [Theory]
    [InlineData("/writer", typeof(InvalidOperationException))]
    [InlineData("/writer", typeof(IOException))]
    [InlineData("/writer", typeof(OperationCanceledException))]
    [InlineData("/plain", typeof(InvalidOperationException))]
    [InlineData("/values", typeof(IOException))]
    [InlineData("/follow", typeof(InvalidOperationException))]
    [InlineData("/follow", typeof(OperationCanceledException))]
    [InlineData("/framework", typeof(InvalidOperationException))]
    [InlineData("/foreign", typeof(InvalidOperationException))]
    [InlineData("/foreign", typeof(IOException))]
    public async Task A_callback_that_throws_is_a_500(string path, Type type)
    {
        Logs.ExpectError(record => Messages(record.Exception).Contains(Message));
        KestrelApp app = await StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    if (context.Request.Query.ContainsKey("fails"))
                    {
                        context.Response.OnStarting(() => throw (Exception)Activator.CreateInstance(type, Message)!);
                    }

                    return next(context);
                });
                app.UseSse();
                Map(app);
            },
            builder => builder.Services.AddSse(options => options.MaxConnections = 1));
        using var readings = new MeterReadings(app.Services, "SseKit");

        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage response = await app.CreateClient().GetAsync($"{path}?fails").OrTimeout();
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        // It no longer counts under the limit, and no stream was counted.
        Assert.Empty(readings.Of("ssekit.connection.duration"));
        using StreamingResponse next = await app.CreateClient().OpenAsync("/one");
        Assert.Contains("data: one\n\n", await next.ReadToEndAsync());
    }

    private static IEnumerable<string> Messages(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception.Message;
        }
    }

    private static void Map(WebApplication app)
    {
        app.MapSse("/writer", (events, ct) => events.WriteAsync("A", ct).AsTask());
        app.MapGet("/plain", (SseEventWriter events) => events.WriteAsync("A").AsTask());
        app.MapSse("/values", () => Values());
        app.MapSse("/follow", () => SseResults.Follow("topic"));
        app.MapSse("/framework", () => TypedResults.ServerSentEvents(Values()));
        app.MapGet("/foreign", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: A\n\n");
        });
        app.MapSse("/one", (events, ct) => events.WriteAsync("one", ct).AsTask());
    }

    private static async IAsyncEnumerable<string> Values()
    {
        await Task.Yield();
        yield return "A";
    }
}
