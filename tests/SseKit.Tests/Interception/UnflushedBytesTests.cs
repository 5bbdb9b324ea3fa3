using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Interception;

/// <summary>
/// Code may write to the response's PipeWriter and leave the flush to another call. On the server, the pipe and the stream share one
/// buffer.
/// </summary>
public sealed class UnflushedBytesTests : ServerTest
{
    private const string EventStream = "text/event-stream";

    private readonly TaskCompletionSource _held = new();

    [Theory]
    [InlineData(EventStream, false)]
    [InlineData(EventStream, true)]
    [InlineData("text/plain", false)]
    [InlineData(null, false)]
    public async Task Bytes_in_the_pipe_precede_those_of_the_stream(string? contentType, bool isMapped)
    {
        KestrelApp app = await ServeAsync(async context =>
        {
            if (!isMapped)
            {
                context.Response.ContentType = contentType;
            }

            Encoding.UTF8.GetBytes("data: ", context.Response.BodyWriter);
            await JsonSerializer.SerializeAsync(context.Response.Body, 1);
            await context.Response.WriteAsync("\n\n");
        }, isMapped);

        string body = await app.CreateClient().GetStringAsync("/");

        Assert.EndsWith("data: 1\n\n", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EventStream)]
    [InlineData("text/plain")]
    public async Task A_flush_of_the_stream_sends_bytes_in_the_pipe(string contentType)
    {
        KestrelApp app = await ServeAsync(async context =>
        {
            context.Response.ContentType = contentType;
            Encoding.UTF8.GetBytes("data: 1\n\n", context.Response.BodyWriter);
            await context.Response.Body.FlushAsync();
            await _held.Task;
        });
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        await response.ReadUntilAsync("data: 1\n\n");
        _held.SetResult();
        string rest = await response.ReadToEndAsync();

        Assert.Empty(rest);
    }

    [Fact]
    public async Task A_synchronous_write_follows_bytes_in_the_pipe()
    {
        KestrelApp app = await ServeAsync(context =>
        {
            context.Response.ContentType = EventStream;
            Encoding.UTF8.GetBytes("data: ", context.Response.BodyWriter);
            context.Response.ContentType = "text/plain";
            context.Response.Body.Write("1\n\n"u8);
            context.Response.Body.Flush();
            return Task.CompletedTask;
        });

        string body = await app.CreateClient().GetStringAsync("/");

        Assert.Equal("data: 1\n\n", body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_error_handler_replaces_a_stream_without_a_flush(bool answersByPipe)
    {
        Logs.ExpectError(record => record.Exception is NotSupportedException);
        KestrelApp app = await ServeAsync(
            context =>
            {
                context.Response.ContentType = EventStream;
                context.Response.BodyWriter.GetMemory();
                throw new NotSupportedException();
            },
            handleError: async context =>
            {
                context.Response.ContentType = "application/json";
                await (answersByPipe ? context.Response.WriteAsync("{}") : context.Response.Body.WriteAsync("{}"u8.ToArray()).AsTask());
            });
        using HttpResponseMessage response = await app.CreateClient().GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("{}", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("X-Accel-Buffering"));
    }

    [Fact]
    public async Task A_stream_that_ends_unflushed_gets_its_headers()
    {
        KestrelApp app = await ServeAsync(context =>
        {
            context.Response.ContentType = EventStream;
            Encoding.UTF8.GetBytes("data: 1\n\n", context.Response.BodyWriter);
            return Task.CompletedTask;
        });
        using HttpResponseMessage response = await app.CreateClient().GetAsync("/");

        Assert.Equal("data: 1\n\n", await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Concurrent_first_writes_open_one_stream()
    {
        KestrelApp app = await ServeAsync(async context =>
        {
            context.Response.ContentType = EventStream;
            using var start = new Barrier(8);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return context.Response.Body.WriteAsync("data: 1\n\n"u8.ToArray()).AsTask();
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));
        });

        for (int i = 0; i < 20; i++)
        {
            string body = await app.CreateClient().GetStringAsync("/");

            Assert.Equal(8, body.Split("data: 1\n\n").Length - 1);
        }
    }

    [Fact]
    public async Task Two_interceptions_are_one_connection()
    {
        KestrelApp app = await ServeAsync(async context =>
        {
            context.Response.ContentType = EventStream;
            await context.Response.WriteAsync("data: 1\n\n");
            await _held.Task;
        }, interceptsTwice: true);
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadUntilAsync("data: 1\n\n");

        int connections = app.Services.GetRequiredService<ISseConnections>().GetConnections().Count;
        _held.SetResult();
        await response.ReadToEndAsync();

        Assert.Equal(1, connections);
    }

    private Task<KestrelApp> ServeAsync(
        RequestDelegate handler, bool isMapped = false, bool interceptsTwice = false, RequestDelegate? handleError = null) => StartAsync(
        app =>
        {
            app.UseSse();
            if (interceptsTwice)
            {
                app.UseSse();
            }

            if (handleError is not null)
            {
                app.UseExceptionHandler(error => error.Run(handleError));
            }

            app.UseRouting();
            if (isMapped)
            {
                app.MapSse("/", (HttpContext context, SseEventWriter _) => handler(context));
            }
            else
            {
                app.MapGet("/", handler);
            }
        },
        builder =>
        {
            builder.Services.AddSse();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.AllowSynchronousIO = true);
        });
}
