using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>
/// The app itself ends a stream early: it aborts or resets the request, or replaces the request's token.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no parent, so it holds nothing.")]
public sealed class ResponseAbortTests : ServerTest
{
    private readonly CancellationTokenSource _session = new();
    private readonly Signal _handlerWaits = new();
    private readonly Signal _laterCallbacksMayRun = new();
    private readonly Signal _mayAbort = new();

    [Theory]
    [InlineData("/writer?way=abort", 1)]
    [InlineData("/writer?way=abort", 2)]
    [InlineData("/writer?way=reset", 2)]
    [InlineData("/values?way=abort", 1)]
    [InlineData("/values?way=reset", 2)]
    [InlineData("/foreign?way=abort", 1)]
    [InlineData("/foreign?way=reset", 2)]
    public async Task An_aborted_stream_is_recorded_as_aborted(string path, int httpVersion)
    {
        KestrelApp app = await StartAsync(MapAborting);
        using var readings = new MeterReadings(app.Services, "SseKit");

        using StreamingResponse response = await Client(app, httpVersion).OpenAsync(path);
        await response.ReadUntilAsync("data: A\n\n");
        _mayAbort.Set();
        await response.ReadToBreakAsync();

        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal("aborted", duration.Tags["ssekit.end_reason"]);
    }

    [Theory]
    [InlineData("/filter/writer", 1)]
    [InlineData("/filter/writer", 2)]
    [InlineData("/filter/values", 1)]
    [InlineData("/filter/follow", 1)]
    [InlineData("/filter/follow", 2)]
    [InlineData("/front/writer", 1)]
    [InlineData("/front/writer", 2)]
    [InlineData("/front/values", 1)]
    [InlineData("/front/follow", 1)]
    [InlineData("/front/follow", 2)]
    [InlineData("/front/foreign", 1)]
    [InlineData("/front/foreign", 2)]
    public async Task A_get_stream_ends_cleanly_when_a_replaced_token_fires(string path, int httpVersion)
    {
        KestrelApp app = await StartAsync(MapSessions, builder => builder.Services.AddSse());
        using var readings = new MeterReadings(app.Services, "SseKit");

        using StreamingResponse response = await Client(app, httpVersion).OpenAsync(path);
        await response.ReadUntilAsync("data: ");
        await _session.CancelAsync();
        await response.ReadToEndAsync();

        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal("cancelled", duration.Tags["ssekit.end_reason"]);
    }

    [Fact]
    public async Task A_handler_that_observes_the_token_ends_its_stream_cleanly()
    {
        KestrelApp app = await StartAsync(MapSessions, builder => builder.Services.AddSse());
        using var readings = new MeterReadings(app.Services, "SseKit");
        using StreamingResponse response = await app.CreateClient().OpenAsync("/filter/early");
        await _handlerWaits.WaitAsync();

        Task cancelling = _session.CancelAsync();
        await response.ReadToEndAsync();
        _laterCallbacksMayRun.Set();
        await cancelling;

        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal("cancelled", duration.Tags["ssekit.end_reason"]);
    }

    [Theory]
    [InlineData("/filter/writer")]
    [InlineData("/filter/values")]
    [InlineData("/filter/follow")]
    [InlineData("/front/writer")]
    [InlineData("/front/values")]
    [InlineData("/front/follow")]
    [InlineData("/front/foreign")]
    public async Task A_stream_with_replaced_token_ends_cleanly_at_a_stop(string path)
    {
        KestrelApp app = await StartAsync(MapSessions, builder => builder.Services.AddSse());
        using var readings = new MeterReadings(app.Services, "SseKit");
        using StreamingResponse response = await app.CreateClient().OpenAsync(path);
        await response.ReadUntilAsync("data: ");

        await app.StopAsync().OrTimeout();

        Assert.Contains("retry: ", await response.ReadToEndAsync());
        Assert.Equal("shutdown", Assert.Single(readings.Of("ssekit.connection.duration")).Tags["ssekit.end_reason"]);
    }

    [Theory]
    [InlineData("/filter/writer")]
    [InlineData("/front/follow")]
    [InlineData("/front/foreign")]
    public async Task A_disconnect_with_replaced_token_is_recorded(string path)
    {
        KestrelApp app = await StartAsync(MapSessions, builder => builder.Services.AddSse());
        using var readings = new MeterReadings(app.Services, "SseKit");
        RawConnection connection = await app.ConnectAsync();
        await connection.GetAsync(path);
        await connection.ReadUntilAsync("data: ");

        connection.Reset();

        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal("client_left", duration.Tags["ssekit.end_reason"]);
    }

    [Fact]
    public async Task A_post_stream_is_aborted_when_a_replaced_token_fires()
    {
        KestrelApp app = await StartAsync(MapSessions, builder => builder.Services.AddSse());
        using StreamingResponse response = await app.CreateClient().OpenAsync(HttpMethod.Post, "/filter/post");
        await response.ReadUntilAsync("data: ");

        await _session.CancelAsync();

        await response.ReadToBreakAsync();
    }

    private static HttpClient Client(KestrelApp app, int httpVersion) => httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client();

    private void MapAborting(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/writer", async (SseEventWriter events, HttpContext context, string way) =>
        {
            await events.WriteAsync("A");
            await AbortAsync(context, way);
        });
        app.MapSse("/values", (HttpContext context, string way) => ValuesThenAbort(context, way));

        // As YARP does after an upstream's timeout.
        app.MapGet("/foreign", async (HttpContext context, string way) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: A\n\n");
            await AbortAsync(context, way);
        });
    }

    private async Task AbortAsync(HttpContext context, string way)
    {
        await _mayAbort.WaitAsync();
        if (way == "abort")
        {
            context.Abort();
        }
        else
        {
            context.Features.Get<IHttpResetFeature>()!.Reset(8);
        }
    }

    private async IAsyncEnumerable<string> ValuesThenAbort(HttpContext context, string way)
    {
        yield return "A";
        await AbortAsync(context, way);
    }

    private void MapSessions(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments("/front"))
            {
                await next(context);
                return;
            }

            using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _session.Token);
            context.RequestAborted = linked.Token;
            await next(context);
        });
        app.UseRouting();
        app.UseSse();
        Map(app.MapGroup("/front"));
        RouteGroupBuilder filtered = app.MapGroup("/filter").AddEndpointFilter(async (context, next) =>
        {
            HttpContext http = context.HttpContext;
            var linked = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _session.Token);
            http.Response.RegisterForDispose(linked);
            http.RequestAborted = linked.Token;
            return await next(context);
        });
        Map(filtered);
        filtered.MapSse("/early", async (HttpContext context, SseEventWriter events) =>
        {
            await events.WriteAsync("A");
            var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

            // The token runs its last callback first, and the others afterwards.
            CancellationTokenRegistration registration = context.RequestAborted.Register(() =>
            {
                fired.SetResult();
                _laterCallbacksMayRun.WaitAsync().GetAwaiter().GetResult();
            });
            _handlerWaits.Set();
            await fired.Task;
            registration.Unregister();
            throw new InvalidDataException("The operation was cancelled.");
        });
    }

    private static void Map(IEndpointRouteBuilder group)
    {
        group.MapSse("/writer", WriteThenWaitAsync);
        group.MapSse("/post", ["POST"], WriteThenWaitAsync);
        group.MapSse("/values", () => ValuesThenWait());
        group.MapSse("/follow", () => SseResults.Follow("topic"));
        group.MapGet("/foreign", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: A\n\n");
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
    }

    private static async Task WriteThenWaitAsync(HttpContext context, SseEventWriter events)
    {
        await events.WriteAsync("A");
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    }

    private static async IAsyncEnumerable<string> ValuesThenWait([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return "A";
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
