using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>Other code ends the response with a failure, or the parallel stream ends first.</summary>
public sealed class CompletionWithExceptionTests : ServerTest
{
    private const string Message = "The upstream broke.";

    [Theory]
    [InlineData("/mapped", false)]
    [InlineData("/mapped", true)]
    [InlineData("/intercepted", false)]
    [InlineData("/intercepted", true)]
    public async Task A_pipe_completed_with_an_exception_aborts_the_stream(string path, bool waits)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartCompletingAsync(waits, writes: true);
        RawConnection client = await app.ConnectAsync();

        await client.GetAsync(path);
        await client.ReadUntilAsync("data: first\n\n");

        await client.ReadToBreakAsync();
        Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pipe_completed_with_an_exception_early_is_a_500(bool waits)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartCompletingAsync(waits, writes: false);
        RawConnection client = await app.ConnectAsync();

        await client.GetAsync("/intercepted");

        Assert.StartsWith("HTTP/1.1 500 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_ends_the_frameworks_result_cleanly()
    {
        var began = new Signal();
        HttpContext? request = null;
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", (HttpContext context) =>
            {
                request = context;
                return TypedResults.ServerSentEvents(WaitAsync(began, context.RequestAborted));
            }),
            builder => builder.Services.AddSse());
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await began.WaitAsync();

        HttpEventStream.Of(request!).Connection.End(EndReason.Shutdown);

        Assert.Contains("retry: ", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
        Assert.DoesNotContain(Logs.Records, record => record.Level >= LogLevel.Error);
    }

    private static async IAsyncEnumerable<string> WaitAsync(
        Signal began, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "first";
        began.Set();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private Task<KestrelApp> StartCompletingAsync(bool waits, bool writes) => StartAsync(
        app =>
        {
            app.UseSse();
            app.MapSse("/mapped", async (HttpContext context, SseEventWriter events) =>
            {
                await events.WriteAsync("first");
                await CompleteAsync(context, waits);
            });
            app.MapGet("/intercepted", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                if (writes)
                {
                    await context.Response.WriteAsync("data: first\n\n");
                }

                await CompleteAsync(context, waits);
            });
        },
        builder => builder.Services.AddSse());

    private static async Task CompleteAsync(HttpContext context, bool waits)
    {
        var failure = new InvalidOperationException(Message);
        if (waits)
        {
            await context.Response.BodyWriter.CompleteAsync(failure);
        }
        else
        {
            context.Response.BodyWriter.Complete(failure);
        }
    }
}
