using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class HandlerFailureTests : ServerTest
{
    private const string Message = "The model is gone.";

    // An aborted connection gives a client a short time for its last events. Tests of other things let the client read first.
    private readonly Signal _mayFail = new();

    [Theory]
    [InlineData("GET", "/writer")]
    [InlineData("GET", "/plain")]
    [InlineData("GET", "/values")]
    [InlineData("GET", "/result")]
    [InlineData("POST", "/writer")]
    public async Task A_failed_stream_sends_its_events_and_is_aborted(string method, string path)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        _mayFail.Set();
        KestrelApp app = await StartAsync(Map);
        RawConnection raw = await app.ConnectAsync();

        await raw.SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        string events = await raw.ReadUntilAsync("data: 3\n\n");

        Assert.Contains("data: 1\n\n", events);
        await raw.ReadToBreakAsync();
        await app.StopAsync();
        Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData("GET", "/writer")]
    [InlineData("GET", "/plain")]
    [InlineData("GET", "/values")]
    [InlineData("POST", "/writer")]
    public async Task On_http_2_only_the_stream_is_aborted(string method, string path)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        var mayEnd = new Signal();
        KestrelApp app = await StartAsync(app =>
        {
            Map(app);
            app.MapSse("/other", async (events, ct) =>
            {
                await mayEnd.WaitAsync(ct);
                await events.WriteAsync("still here", ct);
            });
        });
        HttpClient client = app.CreateHttp2Client();
        using StreamingResponse other = await client.OpenAsync("/other");

        using StreamingResponse response = await client.OpenAsync(new HttpMethod(method), path);
        string events = await response.ReadUntilAsync("data: 3\n\n");
        _mayFail.Set();
        HttpProtocolException broken = await Assert.ThrowsAsync<HttpProtocolException>(response.ReadToEndAsync);
        mayEnd.Set();

        Assert.Contains("data: 1\n\n", events);
        Assert.Equal(2, broken.ErrorCode);
        Assert.Equal("data: still here\n\n", (await other.ReadToEndAsync()).AfterPreamble());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_swallowed_exception_still_aborts_the_stream(int httpVersion)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        Exception? seen = null;
        KestrelApp app = await StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (Exception exception)
                {
                    // As error handlers do that do not handle streams.
                    seen = exception;
                }
            });
            Map(app);
        });

        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/writer");

        Assert.Equal("data: 1\n\ndata: 2\n\ndata: 3\n\n", (await response.ReadUntilAsync("data: 3\n\n")).AfterPreamble());
        _mayFail.Set();
        Assert.Equal("", await response.ReadToBreakAsync());
        await app.StopAsync();
        Assert.Equal(Message, seen?.InnerException?.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_failure_is_logged_once_with_its_endpoint(int httpVersion)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(app =>
        {
            // Each of them would log the failure.
            app.UseDeveloperExceptionPage();
            app.UseExceptionHandler("/error");
            Map(app);
        });

        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/writer");
        await response.ReadUntilAsync("data: 3\n\n");
        _mayFail.Set();
        await response.ReadToBreakAsync();
        await app.StopAsync();

        LogRecord error = Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
        Assert.Contains("/writer", error.Message);
    }

    [Fact]
    public async Task The_exception_reaches_the_error_handling_of_the_app()
    {
        Exception? seen = null;
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(app =>
        {
            app.UseExceptionHandler(errors => errors.Run(context =>
            {
                seen = context.Features.Get<IExceptionHandlerFeature>()?.Error;
                context.Response.StatusCode = StatusCodes.Status418ImATeapot;
                return Task.CompletedTask;
            }));
            app.MapSse("/before", IAsyncEnumerable<int> () => throw new InvalidOperationException(Message));
        });

        using HttpResponseMessage response = await app.CreateClient().GetAsync("/before");

        Assert.Equal(Message, seen?.Message);
        Assert.Equal(418, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/throws-in-filter")]
    [InlineData("/throws-in-result")]
    [InlineData("/throws-before-values")]
    [InlineData("/throws-in-list")]
    [InlineData("/throws-in-event-list")]
    [InlineData("/throws-in-source")]
    [InlineData("/throws-after-empty-list")]
    public async Task An_exception_before_the_stream_is_a_500(string path)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/throws-in-filter", (SseEventWriter events, CancellationToken ct) => Task.CompletedTask)
                .AddEndpointFilter((context, next) => throw new InvalidOperationException(Message));
            app.MapSse("/throws-in-result", IResult (SseEventWriter events) => throw new InvalidOperationException(Message));
            app.MapSse("/throws-before-values", async Task<IAsyncEnumerable<int>> () =>
            {
                await Task.Yield();
                throw new InvalidOperationException(Message);
            });
            MapWriter("/throws-in-list", events => events.WriteAllAsync(FailedList<int>()));
            MapWriter("/throws-in-event-list", events => events.WriteAllAsync(FailedList<SseItem<int>>()));
            MapWriter("/throws-in-source", events => events.WriteAllAsync(FailedList<int>().ToAsyncEnumerable()));
            MapWriter("/throws-after-empty-list", async events =>
            {
                await events.WriteAllAsync(Array.Empty<int>());
                await events.WriteAllAsync(Array.Empty<SseItem<int>>());
                throw new InvalidOperationException(Message);
            });

            void MapWriter(string path, Func<SseEventWriter, ValueTask> write) => app.MapSse(path, async (events, ct) =>
            {
                await write(events);
                return TypedResults.Empty;
            });
        });

        using HttpResponseMessage response = await app.CreateClient().GetAsync(path);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Null(response.Content.Headers.ContentType);
    }

    [Theory]
    [InlineData(1, typeof(TaskCanceledException))]
    [InlineData(2, typeof(TaskCanceledException))]
    [InlineData(1, typeof(IOException))]
    [InlineData(2, typeof(IOException))]
    [InlineData(1, typeof(InvalidOperationException))]
    [InlineData(2, typeof(InvalidOperationException))]
    public async Task A_failure_that_looks_like_a_disconnect_is_logged_once(int httpVersion, Type type)
    {
        var failure = (Exception)Activator.CreateInstance(type, "The upstream took too long.")!;
        Logs.ExpectError(record => record.Exception == failure);
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (events, ct) =>
        {
            await events.WriteAsync("one", ct);
            await _mayFail.WaitAsync(ct);
            throw failure;
        }));

        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/");

        Assert.Equal("data: one\n\n", (await response.ReadUntilAsync("data: one\n\n")).AfterPreamble());
        _mayFail.Set();
        Assert.Equal("", await response.ReadToBreakAsync());
        await app.StopAsync();
        Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\0")]
    public async Task A_refused_value_writes_nothing_and_the_handler_continues(string evil)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (events, ct) =>
        {
            await Assert.ThrowsAsync<ArgumentException>(() => events.WriteAsync("x", $"a{evil}b", ct).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => events.WriteEventIdAsync($"a{evil}b", ct).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => events.WriteRetryAsync(TimeSpan.FromTicks(1), ct).AsTask());
            await events.WriteAsync("whole", ct);
        }));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("data: whole\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private void Map(WebApplication app)
    {
        app.MapSse("/writer", ["GET", "POST"], WriteThenThrowAsync);
        app.MapGet("/plain", WriteThenThrowAsync);
        app.MapSse("/values", YieldThenThrowAsync);
        app.MapSse("/result", async Task<IResult> (SseEventWriter events, CancellationToken ct) =>
        {
            await WriteThenThrowAsync(events, ct);
            return Results.Empty;
        });
    }

    private static IEnumerable<T> FailedList<T>() =>
        Enumerable.Range(0, 1).Select<int, T>(_ => throw new InvalidOperationException(Message));

    private async Task WriteThenThrowAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        await events.WriteAsync(1, cancellationToken);
        await events.WriteAsync(2, cancellationToken);
        await events.WriteAsync(3, cancellationToken);
        await _mayFail.WaitAsync(cancellationToken);
        throw new InvalidOperationException(Message);
    }

    private async IAsyncEnumerable<int> YieldThenThrowAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        yield return 1;
        yield return 2;
        yield return 3;
        await _mayFail.WaitAsync(cancellationToken);
        throw new InvalidOperationException(Message);
    }
}
