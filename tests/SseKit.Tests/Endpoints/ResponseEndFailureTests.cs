using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>
/// The completion of a response fails: a middleware's body throws, or an OnStarting callback, or the handler throws after it.
/// </summary>
public sealed class ResponseEndFailureTests : ServerTest
{
    private const string Failure = "The completion failed.";

    public static TheoryData<string, string> Ways()
    {
        var ways = new TheoryData<string, string>();
        foreach (string path in (ReadOnlySpan<string>)["/writer", "/foreign"])
        {
            foreach (string way in (ReadOnlySpan<string>)["response", "writer", "writer-sync", "return"])
            {
                ways.Add(path, way);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_throwing_completion_of_the_body_is_logged_once(string path, string way)
    {
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Failure, StringComparison.Ordinal) == true);
        using var unobserved = new UnobservedExceptions(Failure);
        KestrelApp app = await StartAsync(
            app => app.Use((context, next) => ReplaceBody(context, next, new InvalidOperationException(Failure))));

        using StreamingResponse response = await app.CreateClient().OpenAsync($"{path}?way={way}");
        await response.ReadToBreakAsync();
        await AssertLoggedOnceAsync(app, path);

        unobserved.AssertNone();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_disconnect_at_the_completion_logs_no_error(string path, string way)
    {
        using var unobserved = new UnobservedExceptions(Failure);
        KestrelApp app = await StartAsync(app => app.Use((context, next) => ReplaceBody(context, next, new IOException(Failure))));

        using StreamingResponse response = await app.CreateClient().OpenAsync($"{path}?way={way}");
        await response.ReadToBreakAsync();
        await TestTimeout.UntilAsync(() => app.Services.GetRequiredService<StreamRuntime>().Registry.Count == 0);
        await app.StopAsync();

        Assert.DoesNotContain(Logs.Records, record => record.Level == LogLevel.Error);
        unobserved.AssertNone();
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/foreign")]
    public async Task A_rejected_client_that_left_logs_no_error(string path)
    {
        KestrelApp app = await StartAsync(
            app => app.Use((context, next) => ReplaceBody(context, next, new IOException(Failure))), options => options.MaxConnections = 1);
        using StreamingResponse held = await app.CreateClient().OpenAsync("/held");

        HttpClient client = app.CreateClient();
        client.DefaultRequestHeaders.Add("Accept", "text/event-stream");
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync($"{path}?way=return").OrTimeout());
        await app.StopAsync();

        Assert.DoesNotContain(Logs.Records, record => record.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/foreign")]
    public async Task A_handler_that_throws_after_completion_is_logged_once(string path)
    {
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Failure, StringComparison.Ordinal) == true);
        KestrelApp app = await StartAsync();

        using StreamingResponse response = await app.CreateClient().OpenAsync($"{path}?way=writer&throws=true");
        Assert.Contains("data: A\n\n", await response.ReadToEndAsync());

        await AssertLoggedOnceAsync(app, path);
    }

    [Theory]
    [InlineData("response")]
    [InlineData("writer")]
    [InlineData("writer-sync")]
    public async Task A_throwing_OnStarting_callback_at_the_completion_is_a_500(string way)
    {
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Failure, StringComparison.Ordinal) == true);
        using var unobserved = new UnobservedExceptions(Failure);
        KestrelApp app = await StartAsync(app => app.Use((context, next) =>
        {
            context.Response.OnStarting(() => throw new InvalidOperationException(Failure));
            return next(context);
        }));

        using HttpResponseMessage response = await app.CreateClient().GetAsync($"/unflushed?way={way}").OrTimeout();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await app.StopAsync();
        unobserved.AssertNone();
    }

    private async Task AssertLoggedOnceAsync(KestrelApp app, string path)
    {
        await TestTimeout.UntilAsync(() => app.Services.GetRequiredService<StreamRuntime>().Registry.Count == 0);
        await app.StopAsync();
        LogRecord error = Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    private Task<KestrelApp> StartAsync(Action<WebApplication>? before = null, Action<SseOptions>? options = null) => StartAsync(
        app =>
        {
            before?.Invoke(app);
            app.UseSse();
            app.MapSse("/writer", async (SseEventWriter events, HttpContext context, string way, bool throws = false) =>
            {
                await events.WriteAsync("A");
                await CompleteAsync(context, way, throws);
            });
            app.MapSse("/held", (SseEventWriter events, CancellationToken ended) => Task.Delay(Timeout.InfiniteTimeSpan, ended));
            app.MapGet("/foreign", async (HttpContext context, string way, bool throws = false) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: A\n\n");
                await CompleteAsync(context, way, throws);
            });
            app.MapGet("/unflushed", async (HttpContext context, string way) =>
            {
                context.Response.ContentType = "text/event-stream";
                "data: A\n\n"u8.CopyTo(context.Response.BodyWriter.GetSpan(9));
                context.Response.BodyWriter.Advance(9);
                await CompleteAsync(context, way, throws: false);
            });
        },
        builder => builder.Services.AddSse(options));

    private static Task ReplaceBody(HttpContext context, RequestDelegate next, Exception failure)
    {
        context.Features.Set<IHttpResponseBodyFeature>(
            new FailingBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), failure));
        return next(context);
    }

    private static async Task CompleteAsync(HttpContext context, string way, bool throws)
    {
        switch (way)
        {
            case "response":
                await context.Response.CompleteAsync();
                break;

            case "writer":
                await context.Response.BodyWriter.CompleteAsync();
                break;

            case "writer-sync":
                context.Response.BodyWriter.Complete();
                break;
        }

        if (throws)
        {
            throw new InvalidOperationException(Failure);
        }
    }

    private sealed class FailingBody(IHttpResponseBodyFeature inner, Exception failure) : IHttpResponseBodyFeature
    {
        public Stream Stream => inner.Stream;

        public System.IO.Pipelines.PipeWriter Writer => inner.Writer;

        public Task CompleteAsync() => Task.FromException(failure);

        public void DisableBuffering() => inner.DisableBuffering();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            inner.SendFileAsync(path, offset, count, cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);
    }
}
