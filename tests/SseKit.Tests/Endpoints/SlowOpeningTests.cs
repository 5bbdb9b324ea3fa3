using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>An OnStarting callback still runs when the handler has returned, because the handler did not wait for the opening.</summary>
public sealed class SlowOpeningTests : ServerTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _time = new();
    private readonly Signal _scheduled = new();
    private readonly Signal _opening = new();
    private readonly Signal _requestIsOver = new();

    public static TheoryData<string> Paths =>
        ["/framework", "/mapped-framework", "/silent", "/unawaited", "/unawaited-foreign", "/completed", "/completed-foreign"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_request_waits_for_its_opening(string path)
    {
        bool wasOverBefore = false;
        KestrelApp app = await StartStreamsAsync(async () =>
        {
            // Longer than the end of a stream waits for the write lock.
            await Task.WhenAny(_requestIsOver.WaitAsync(), Task.Delay(TimeSpan.FromSeconds(1.5)));
            wasOverBefore = _requestIsOver.IsSet;
        });
        RawConnection client = await app.ConnectAsync();

        await client.GetAsync(path);
        await OpenIfSilentAsync(path);
        await client.ReadPreambleAsync();
        string body = await client.ReadUntilAsync("0\r\n\r\n");
        await client.GetAsync("/plain");
        await client.ReadHeadAsync();

        Assert.False(wasOverBefore);
        Assert.Contains("data: [DONE]\n\n", body, StringComparison.Ordinal);
        Assert.Equal("5\r\nplain\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"));
        StreamRuntime runtime = app.Services.GetRequiredService<StreamRuntime>();
        Assert.Equal((0, 0), (runtime.Registry.Count, runtime.Schedule.Live));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_stop_during_the_opening_ends_with_a_retry(string path)
    {
        var mayStart = new Signal();
        KestrelApp app = await StartStreamsAsync(() => mayStart.WaitAsync());
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync(path);
        await OpenIfSilentAsync(path);
        await _opening.WaitAsync();

        Task stopping = app.StopAsync();
        await Logs.WaitForAsync(record => record.Id.Id == LogEventIds.Stopping);
        mayStart.Set();

        await client.ReadPreambleAsync();
        Assert.Contains("retry: ", await client.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
        await stopping.OrTimeout();
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_callback_that_throws_late_is_a_500(string path)
    {
        const string Message = "The ticket store is unavailable.";
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Message, StringComparison.Ordinal) == true);
        KestrelApp app = await StartStreamsAsync(async () =>
        {
            await Task.Delay(50);
            throw new InvalidOperationException(Message);
        });
        RawConnection client = await app.ConnectAsync();

        await client.GetAsync(path);
        await OpenIfSilentAsync(path);

        Assert.StartsWith("HTTP/1.1 500 ", await client.ReadHeadAsync());
        await _requestIsOver.WaitAsync();
        await app.StopAsync().OrTimeout();
        Assert.DoesNotContain(
            Logs.Records, record => record.Level == LogLevel.Error && record.Category.StartsWith("SseKit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handler_that_throws_at_once_opens_nothing_later()
    {
        const string Message = "The handler is no async method.";
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseSse();
                app.Run(context =>
                {
                    context.Response.ContentType = "text/event-stream";
                    context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
                    throw new InvalidOperationException(Message);
                });
            },
            builder => builder.Services.AddSingleton<TimeProvider>(_time).AddSse());

        using HttpResponseMessage response = await app.CreateClient().GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(0, app.Services.GetRequiredService<StreamRuntime>().Schedule.Live);
    }

    [Fact]
    public async Task An_opening_during_the_end_never_reaches_the_next_response()
    {
        KestrelApp app = await StartStreamsAsync(async () => await Task.Yield());
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        using var client = new HttpClient(handler) { BaseAddress = app.BaseAddress };

        for (int spins = 0; spins < 300; spins++)
        {
            string raced = await client.GetStringAsync($"/raced?spins={spins * 10}").OrTimeout();
            string plain = await client.GetStringAsync("/plain").OrTimeout();

            Assert.Matches(@"^$|^retry: [1-9][0-9]*\n(data: late\n\n)?data: \[DONE\]\n\n$", raced);
            Assert.Equal("plain", plain);
        }
    }

    [Fact]
    public async Task A_write_after_the_seal_is_refused_like_one_after_the_end()
    {
        var refusal = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (HttpContext context) =>
        {
            HttpEventStream stream = HttpEventStream.Of(context);
            await stream.Connection.Output.SealAsync();
            refusal.SetResult(await Record.ExceptionAsync(() => stream.Events.WriteAsync("late").AsTask()));
            return Results.Empty;
        }));

        Assert.Equal("", await app.CreateClient().GetStringAsync("/").OrTimeout());

        Assert.IsType<OperationCanceledException>(await refusal.Task.OrTimeout());
    }

    private async Task OpenIfSilentAsync(string path)
    {
        if (path == "/silent")
        {
            await _scheduled.WaitAsync();
            _time.Advance(Interval);
        }
    }

    private Task<KestrelApp> StartStreamsAsync(Func<Task> onStarting) => StartAsync(
        app =>
        {
            app.Use(async (context, next) =>
            {
                if (context.Request.Path != "/plain")
                {
                    context.Response.OnStarting(() =>
                    {
                        _opening.Set();
                        return onStarting();
                    });
                }

                try
                {
                    await next(context);
                }
                finally
                {
                    _requestIsOver.Set();
                }
            });
            app.UseSse();
            Map(app);
        },
        builder => builder.Services.AddSingleton<TimeProvider>(_time).AddSse(
            options => options.Terminator = new SseItem<string>("[DONE]")));

    private void Map(WebApplication app)
    {
        app.MapGet("/plain", (HttpResponse response) => response.WriteAsync("plain"));
        app.MapGet("/framework", () => TypedResults.ServerSentEvents(Nothing()));
        app.MapSse("/mapped-framework", () => TypedResults.ServerSentEvents(Nothing()));
        app.MapGet("/silent", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
            _scheduled.Set();
            await _opening.WaitAsync();
        });
        app.MapGet("/unawaited", (SseEventWriter events) => _ = events.WriteRetryAsync(TimeSpan.FromSeconds(5)).AsTask());
        app.MapGet("/raced", (SseEventWriter events, int spins) => _ = Task.Run(async () =>
        {
            Thread.SpinWait(spins);
            await events.WriteAsync("late");
        }));
        app.MapGet("/unawaited-foreign", (HttpContext context) => _ = StartForeignAsync(context));
        app.MapGet("/completed", (SseEventWriter events, HttpContext context) =>
        {
            _ = events.WriteRetryAsync(TimeSpan.FromSeconds(5)).AsTask();
            return context.Response.CompleteAsync();
        });
        app.MapGet("/completed-foreign", (HttpContext context) =>
        {
            _ = StartForeignAsync(context);
            return context.Response.CompleteAsync();
        });
    }

    private static Task StartForeignAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        return context.Response.WriteAsync("retry: 5000\n");
    }

    private static async IAsyncEnumerable<string> Nothing()
    {
        await Task.CompletedTask;
        yield break;
    }
}
