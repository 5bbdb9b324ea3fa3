using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>A handler of a stream of SseKit's writes to the response itself.</summary>
public sealed class HandWrittenFrameTests : ServerTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _time = new();
    private readonly Signal _mayEnd = new();

    public static TheoryData<string> Paths =>
        ["/context", "/response", "/pipe", "/body", "/file", "/writer", "/typed", "/result", "/filter", "/early"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_heartbeat_is_only_written_between_frames(string path)
    {
        KestrelApp app = await StartAsync();
        using StreamingResponse response = await app.CreateClient().OpenAsync(path);
        await response.ReadUntilAsync("data: half");

        _time.Advance(Interval);
        _mayEnd.Set();
        string end = await response.ReadUntilAsync(" of a frame\n\n");
        _time.Advance(Interval);
        string heartbeat = await response.ReadUntilAsync(":\n");

        Assert.Equal(" of a frame\n\n", end);
        Assert.Equal(":\n", heartbeat);
    }

    [Theory]
    [InlineData("/context")]
    [InlineData("/response")]
    public async Task Headers_are_sent_before_the_first_byte(string path)
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/context", (HttpContext context) => _mayEnd.WaitAsync(context.RequestAborted));
            app.MapSse("/response", (HttpResponse response) => _mayEnd.WaitAsync(response.HttpContext.RequestAborted));
        });

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
        await response.ReadPreambleAsync();
    }

    [Fact]
    public async Task Head_is_answered_without_running_the_handler()
    {
        bool ran = false;
        KestrelApp app = await StartAsync(app => app.MapSse("/", (HttpContext context) =>
        {
            ran = true;
            return context.Response.WriteAsync("data: one\n\n");
        }));

        using HttpResponseMessage response =
            await app.CreateClient().SendAsync(new HttpRequestMessage(HttpMethod.Head, "/")).OrTimeout();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.False(ran);
    }

    [Fact]
    public async Task Events_of_a_writer_keep_their_place()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (HttpContext context, SseEventWriter events) =>
        {
            await events.WriteAsync("1");
            await context.Response.WriteAsync("data: 2\n\n");
            await events.WriteAsync("3");
            await context.Response.Body.WriteAsync("data: 4\n\n"u8.ToArray());
            Encoding.UTF8.GetBytes("data: 5\n\n", context.Response.BodyWriter);
        }));

        string body = await app.CreateClient().GetStringAsync("/").OrTimeout();

        Assert.Equal("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\n", body.AfterPreamble());
    }

    [Fact]
    public async Task A_result_that_the_handler_executes_is_a_stream()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", (HttpContext context) => SseResults.Follow("topic").ExecuteAsync(context)),
            builder => builder.Services.AddSse());
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadUntilAsync("event: ssekit.open\n");

        await app.Services.GetRequiredService<ISsePublisher>().PublishAsync("topic", "one");

        await response.ReadUntilAsync("data: one\n");
    }

    [Fact]
    public async Task A_write_after_the_client_left_is_cancelled()
    {
        var thrown = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (HttpContext context) =>
        {
            var left = new Signal();
            await using (context.RequestAborted.Register(left.Set))
            {
                await left.WaitAsync();
            }

            Exception? exception = await Record.ExceptionAsync(() => context.Response.WriteAsync("data: one\n\n"));
            thrown.SetResult(exception);
        }));
        StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();

        response.Dispose();

        Assert.IsType<OperationCanceledException>(await thrown.Task.OrTimeout(), exactMatch: false);
    }

    private Task<KestrelApp> StartAsync() => StartAsync(Map, builder => builder.Services.AddSingleton<TimeProvider>(_time));

    private void Map(WebApplication app)
    {
        app.MapSse("/context", (HttpContext context) => WriteAsync(context, text => context.Response.WriteAsync(text)));
        app.MapSse("/response", async (HttpResponse response) =>
            await WriteAsync(response.HttpContext, text => response.WriteAsync(text)));
        app.MapSse("/pipe", (HttpContext context) => WriteAsync(
            context, text => context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask()));
        app.MapSse("/body", (HttpContext context) => WriteAsync(
            context, text => context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask()));
        app.MapSse("/file", (HttpContext context) => WriteAsync(context, async text =>
        {
            string path = Path.GetTempFileName();
            await File.WriteAllTextAsync(path, text);
            await context.Response.SendFileAsync(path);
            File.Delete(path);
        }));
        app.MapSse("/writer", async (SseEventWriter events, HttpContext context) =>
        {
            await events.WriteAsync("one");
            await WriteAsync(context, text => context.Response.WriteAsync(text));
        });
        app.MapSse("/typed", (context, events, ct) => WriteAsync(context, text => context.Response.WriteAsync(text, ct)));
        app.MapSse("/result", async Task<IResult> (SseEventWriter events, HttpContext context) =>
        {
            await events.WriteAsync("one");
            await WriteAsync(context, text => context.Response.WriteAsync(text));
            return Results.Empty;
        });
        app.MapSse("/filter", async (SseEventWriter events) => await events.WriteAsync("one")).AddEndpointFilter(async (invocation, next) =>
        {
            // Taken before the stream is open.
            Stream body = invocation.HttpContext.Response.Body;
            object? result = await next(invocation);
            await WriteAsync(invocation.HttpContext, text => body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask());
            return result;
        });
        app.MapSse("/early", async Task<IResult> (SseEventWriter events, HttpContext context) =>
        {
            Stream body = context.Response.Body;
            await events.WriteAsync("one");
            await WriteAsync(context, text => body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask());
            return Results.Empty;
        });
    }

    private async Task WriteAsync(HttpContext context, Func<string, Task> write)
    {
        await write("data: half");
        await _mayEnd.WaitAsync(context.RequestAborted);
        await write(" of a frame\n\n");
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    }
}
