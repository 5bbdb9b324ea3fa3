using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class TerminatorTests : ServerTest
{
    private readonly EventFeed _feed = new();

    [Theory]
    [InlineData("/writer")]
    [InlineData("/values")]
    [InlineData("/result")]
    [InlineData("/plain")]
    [InlineData("/framework")]
    public async Task A_complete_stream_ends_with_it(string path)
    {
        KestrelApp app = await StartAsync(Map);

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.EndsWith("data: 1\n\ndata: [DONE]\n\n", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task A_stream_without_events_has_one_too()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", (events, ct) => Task.CompletedTask).WithSseTerminator("{}", "end"));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("event: end\ndata: {}\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    [Fact]
    public async Task Neither_an_error_nor_HEAD_has_one()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", IResult (SseEventWriter events) => Results.NotFound()).WithSseTerminator("[DONE]"));

        using StreamingResponse error = await app.CreateClient().OpenAsync("/");
        using StreamingResponse head = await app.CreateClient().OpenAsync(HttpMethod.Head, "/");

        Assert.Equal((HttpStatusCode.NotFound, ""), (error.Status, await error.ReadToEndAsync()));
        Assert.Equal("", await head.ReadToEndAsync());
    }

    [Fact]
    public async Task A_stream_that_fails_has_none()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        KestrelApp app = await StartAsync(app => app.MapSse("/", _feed.RunAsync).WithSseTerminator("[DONE]"));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        _feed.Send("1");
        _feed.End(new InvalidOperationException());

        Assert.Equal("data: 1\n\n", (await response.ReadToBreakAsync()).AfterPreamble());
    }

    [Fact]
    public async Task A_stream_ended_by_a_stopping_host_has_none()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", _feed.RunAsync).WithSseTerminator("[DONE]"));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();

        Task stopped = app.StopAsync();
        string last = await response.ReadToEndAsync();
        await stopped.OrTimeout();

        Assert.Matches("^retry: [0-9]+\n$", last);
    }

    [Fact]
    public async Task An_intercepted_stream_that_ends_inside_an_event_has_none()
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.UseSse();
            app.MapGet("/", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\ndata: hal");
            }).WithSseTerminator("[DONE]");
        });

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("data: 1\n\ndata: hal", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private static void Map(WebApplication app)
    {
        app.UseSse();
        RouteGroupBuilder group = app.MapGroup("").WithSseTerminator("[DONE]");
        group.MapSse("/writer", WriteAsync);
        group.MapSse("/values", () => AsyncEnumerable.Range(1, 1));
        group.MapSse("/result", async Task<IResult> (SseEventWriter events, CancellationToken ct) =>
        {
            await WriteAsync(events, ct);
            return Results.Empty;
        });
        group.MapGet("/plain", WriteAsync);
        group.MapGet(
            "/framework", () => TypedResults.ServerSentEvents(AsyncEnumerable.Range(1, 1).Select(number => new SseItem<int>(number))));
    }

    private static Task WriteAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        events.WriteAsync(1, cancellationToken).AsTask();
}
