using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Interception;

public sealed class UseSseTests : ServerTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _time = new();
    private readonly Channel<string> _source = Channel.CreateUnbounded<string>();

    [Fact]
    public async Task Headers_of_the_frameworks_result_precede_its_first_event()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", () => TypedResults.ServerSentEvents(Items())));

        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        string head = await client.ReadHeadAsync();
        string preamble = await client.ReadPreambleAsync();

        Assert.Contains("\r\nContent-Type: text/event-stream\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nCache-Control: no-cache,no-store, no-transform\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Accel-Buffering: no\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Encoding: identity\r\n", head, StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]+\r\nretry: [0-9]+\n$", preamble);
    }

    [Fact]
    public async Task Events_of_the_frameworks_result_pass_with_heartbeats()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", () => TypedResults.ServerSentEvents(Items())));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await client.ReadPreambleAsync();

        await _source.Writer.WriteAsync("one");
        await client.ReadUntilAsync("data: one\n\n");
        _time.Advance(Interval);
        await client.ReadUntilAsync(":\n");
        await _source.Writer.WriteAsync("two");
        _source.Writer.Complete();
        string rest = await client.ReadUntilAsync("0\r\n\r\n");

        Assert.Contains("data: two\n\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_heartbeat_waits_for_the_end_of_the_frame()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", WriteByHandAsync));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");

        await _source.Writer.WriteAsync("data: begun");
        await client.ReadUntilAsync("data: begun");
        _time.Advance(Interval);
        await _source.Writer.WriteAsync(" and ended\n\n");
        string end = await client.ReadUntilAsync("ended\n\n");
        _time.Advance(Interval);
        string heartbeat = await client.ReadUntilAsync(":\n");

        Assert.DoesNotContain(":\n", end, StringComparison.Ordinal);
        Assert.EndsWith("2\r\n:\n", heartbeat, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_heartbeat_is_never_inside_a_file()
    {
        string path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "ignored data: begun ignored");
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: one\n\n");
            Encoding.UTF8.GetBytes("event: file\n", context.Response.BodyWriter);
            await context.Response.SendFileAsync(path, "ignored ".Length, "data: begun".Length);
            await context.Response.WriteAsync(await _source.Reader.ReadAsync());
        }));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        await response.ReadUntilAsync("data: one\n\nevent: file\ndata: begun");
        _time.Advance(Interval);
        await _source.Writer.WriteAsync(" and ended\n\n");
        string end = await response.ReadToEndAsync();

        Assert.Equal(" and ended\n\n", end);
        File.Delete(path);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task Every_way_to_write_asynchronously_works(string? contentType)
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = contentType;
            Stream body = context.Response.Body;
            byte[] bytes = "data: 1\n\n"u8.ToArray();
            await Task.Factory.FromAsync(body.BeginWrite, body.EndWrite, bytes, 0, bytes.Length, null);
            await body.WriteAsync(bytes.AsMemory());
            await new MemoryStream(bytes).CopyToAsync(body);
            await body.FlushAsync();
        }));

        string text = await app.CreateClient().GetStringAsync("/");

        Assert.Equal(string.Concat(Enumerable.Repeat("data: 1\n\n", 3)), text);
    }

    [Fact]
    public async Task A_hand_written_loop_gets_the_missing_headers()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", WriteByHandAsync));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");

        await _source.Writer.WriteAsync("data: 1\n\n");
        string head = await client.ReadHeadAsync();

        Assert.Contains("\r\nCache-Control: no-cache, no-store, no-transform\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Accel-Buffering: no\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Encoding: identity\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unflushed_bytes_in_the_pipe_are_sent()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            Encoding.UTF8.GetBytes("data: 1\n\n", context.Response.BodyWriter);
        }));

        string body = await app.CreateClient().GetStringAsync("/");

        Assert.Equal("data: 1\n\n", body);
    }

    [Fact]
    public async Task Writes_to_pipe_and_stream_keep_their_order()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.BodyWriter.WriteAsync("data: 2\n\n"u8.ToArray());
            await context.Response.Body.WriteAsync("data: 3\n\n"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await context.Response.CompleteAsync();
        }));

        string body = await app.CreateClient().GetStringAsync("/");

        Assert.Equal("data: 1\n\ndata: 2\n\ndata: 3\n\n", body.AfterPreamble());
    }

    [Fact]
    public async Task A_stopping_host_ends_a_result_that_ignores_it()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", () => TypedResults.ServerSentEvents(Items(), "tick")));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await client.ReadPreambleAsync();

        await app.StopAsync().OrTimeout();
        string rest = await client.ReadToEndAsync();

        Assert.Matches("retry: [0-9]+\n\r\n0\r\n\r\n$", rest);
    }

    [Fact]
    public async Task A_stopping_host_fires_the_token_of_a_loop()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", WriteByHandAsync));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await _source.Writer.WriteAsync("data: 1\n\n");
        await client.ReadUntilAsync("data: 1\n\n");

        await app.StopAsync().OrTimeout();
        string rest = await client.ReadToEndAsync();

        Assert.Matches("retry: [0-9]+\n\r\n0\r\n\r\n$", rest);
    }

    [Fact]
    public async Task A_disconnect_fires_the_token_without_logs_above_debug()
    {
        var left = new TaskCompletionSource();
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context, CancellationToken cancellationToken) =>
        {
            // It is not disposed: the loop's wait is cancelled first, and the handler could end before this callback runs.
            cancellationToken.Register(left.SetResult);
            await WriteByHandAsync(context, cancellationToken);
        }));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await _source.Writer.WriteAsync("data: 1\n\n");
        await client.ReadUntilAsync("data: 1\n\n");

        client.Reset();

        await left.Task.OrTimeout();
    }

    [Fact]
    public async Task A_client_that_never_reads_is_aborted_at_the_deadline()
    {
        var gone = new TaskCompletionSource();
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            byte[] frame = Encoding.UTF8.GetBytes($"data: {new string('x', 60_000)}\n\n");
            try
            {
                while (true)
                {
                    Task writing = context.Response.Body.WriteAsync(frame).AsTask();
                    if (!writing.IsCompleted)
                    {
                        await _source.Writer.WriteAsync("stalled");
                    }

                    await writing;
                }
            }
            finally
            {
                gone.SetResult();
            }
        }));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");

        while (!gone.Task.IsCompleted)
        {
            await Task.WhenAny(gone.Task, _source.Reader.WaitToReadAsync().AsTask()).OrTimeout();
            _source.Reader.TryRead(out _);
            _time.Advance(TimeSpan.FromSeconds(31));
        }

        Assert.Contains(Logs.Records, record => record.Id.Id == LogEventIds.WriteTimedOut);
    }

    [Fact]
    public async Task A_stream_over_the_limit_gets_a_retry()
    {
        KestrelApp app = await StartWatchedAsync(
            app => app.MapGet("/", () => TypedResults.ServerSentEvents(Items())), options => options.MaxConnections = 1);
        RawConnection first = await app.ConnectAsync();
        await first.GetAsync("/");
        await first.ReadPreambleAsync();

        using var eventSource = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", "text/event-stream" } } };
        using HttpResponseMessage rejected = await app.CreateClient().SendAsync(eventSource);
        using HttpResponseMessage refused = await app.CreateClient().GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, rejected.StatusCode);
        Assert.Matches("^retry: [0-9]{5}\n$", await rejected.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Null(refused.Content.Headers.ContentType);
    }

    [Fact]
    public async Task A_refused_streams_handler_does_not_delay_the_host()
    {
        KestrelApp app = await StartWatchedAsync(
            app => app.MapGet("/", () => TypedResults.ServerSentEvents(Items(), "tick")), options => options.MaxConnections = 1);
        RawConnection first = await app.ConnectAsync();
        await first.GetAsync("/");
        await first.ReadPreambleAsync();
        RawConnection second = await app.ConnectAsync();
        await second.GetAsync("/");
        await second.ReadUntilAsync("503");

        Task stopping = app.StopAsync();

        await stopping.OrTimeout();
    }

    [Fact]
    public async Task An_ordinary_response_is_unchanged()
    {
        KestrelApp app = await StartWatchedAsync(app =>
        {
            app.MapGet("/json", () => new { Value = 1 });
            app.MapGet("/text", async (HttpResponse response) =>
            {
                await response.BodyWriter.WriteAsync("a"u8.ToArray());
                await response.WriteAsync("b");
            });
            app.MapGet("/error", (HttpResponse response) =>
            {
                response.StatusCode = 500;
                response.ContentType = "text/event-stream";
                return response.WriteAsync("no stream");
            });
        });
        HttpClient client = app.CreateClient();

        using HttpResponseMessage json = await client.GetAsync("/json");
        using HttpResponseMessage error = await client.GetAsync("/error");
        string text = await client.GetStringAsync("/text");

        Assert.Equal("{\"value\":1}", await json.Content.ReadAsStringAsync());
        Assert.False(json.Headers.Contains("X-Accel-Buffering"));
        Assert.Null(json.Headers.CacheControl);
        Assert.Equal("ab", text);
        Assert.Equal("no stream", await error.Content.ReadAsStringAsync());
        Assert.False(error.Headers.Contains("X-Accel-Buffering"));
        Assert.Equal(0, app.Services.GetRequiredService<StreamRuntime>().Registry.Count);
    }

    [Fact]
    public async Task An_unbuffered_ordinary_response_is_not_buffered()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("first;");
            await foreach (string part in _source.Reader.ReadAllAsync())
            {
                await context.Response.WriteAsync(part);
            }
        }));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");

        await client.ReadUntilAsync("first;");
        await _source.Writer.WriteAsync("second;");
        await client.ReadUntilAsync("second;");
        _source.Writer.Complete();

        await client.ReadUntilAsync("0\r\n\r\n");
    }

    [Fact]
    public async Task A_response_of_known_length_is_not_intercepted()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.ContentLength = 26;
            await foreach (string bytes in Items())
            {
                await context.Response.WriteAsync(bytes);
            }
        }));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");

        await _source.Writer.WriteAsync("data: first\n\n");
        await client.ReadUntilAsync("data: first\n\n");
        _time.Advance(4 * Interval);
        await _source.Writer.WriteAsync("data: other\n\n");
        _source.Writer.Complete();

        Assert.Equal("data: other\n\n", await client.ReadUntilAsync("other\n\n"));
    }

    [Fact]
    public async Task A_token_read_after_the_first_event_is_the_streams()
    {
        var cancelled = new Signal();
        KestrelApp app = await StartWatchedAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: one\n\n");
                context.RequestAborted.Register(cancelled.Set);
                await cancelled.WaitAsync(CancellationToken.None);
            }).WithSseOptions(options => options.MaxConnectionLifetime = TimeSpan.FromMinutes(10)));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await client.ReadUntilAsync("data: one\n\n");

        _time.Advance(Interval);
        await client.ReadUntilAsync(":\n");
        _time.Advance(TimeSpan.FromMinutes(10));

        await cancelled.WaitAsync();
    }

    [Fact]
    public async Task A_compressed_stream_gets_no_heartbeats()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.WriteAsync("zipped\n\n");
            await _source.Reader.ReadAsync();
        }));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await client.ReadUntilAsync("zipped\n\n\r\n");

        _time.Advance(Interval);
        await _source.Writer.WriteAsync("go");
        string rest = await client.ReadUntilAsync("0\r\n\r\n");

        Assert.Equal("0\r\n\r\n", rest);
    }

    [Fact]
    public async Task A_failure_in_midstream_aborts_after_the_events_before_it()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            throw new InvalidOperationException("The model is gone.");
        }));
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");

        await client.ReadUntilAsync("data: 1\n\n");
        await client.ReadToBreakAsync();
    }

    [Fact]
    public async Task Headers_set_after_buffering_was_disabled_are_sent()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
            context.Response.Headers["X-Late"] = "yes";
            await context.Response.WriteAsync("data: 1\n\n");
        }));

        using HttpResponseMessage response = await app.CreateClient().GetAsync("/");

        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("X-Late")));
    }

    [Fact]
    public async Task A_MapSse_endpoint_is_not_intercepted_before_routing()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseSse();
                app.UseRouting();
                app.MapSse(
                    "/",
                    async (SseEventWriter events, CancellationToken cancellationToken) => await events.WriteAsync("1", cancellationToken));
            },
            builder => builder.Services.AddSse());

        string body = await app.CreateClient().GetStringAsync("/");

        Assert.Equal("data: 1\n\n", body.AfterPreamble());
    }

    [Fact]
    public async Task Works_over_http2()
    {
        KestrelApp app = await StartWatchedAsync(app => app.MapGet("/", () => TypedResults.ServerSentEvents(Items())));
        _source.Writer.TryWrite("one");
        _source.Writer.Complete();

        string body = await app.CreateHttp2Client().GetStringAsync("/");

        Assert.Equal("data: one\n\n", body.AfterPreamble());
    }

    private Task<KestrelApp> StartWatchedAsync(Action<WebApplication> endpoints, Action<SseOptions>? configure = null) => StartAsync(
        app =>
        {
            app.UseSse();
            endpoints(app);
        },
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddSse(configure);
        });

    private async Task WriteByHandAsync(HttpContext context, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        await foreach (string text in _source.Reader.ReadAllAsync(cancellationToken))
        {
            await context.Response.WriteAsync(text, cancellationToken);
        }
    }

    private async IAsyncEnumerable<string> Items([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (string item in _source.Reader.ReadAllAsync(cancellationToken))
        {
            yield return item;
        }
    }
}
