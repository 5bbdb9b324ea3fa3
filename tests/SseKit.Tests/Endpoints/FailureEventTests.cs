using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class FailureEventTests : ServerTest
{
    private const string Message = "The model is gone.";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task It_follows_the_events_before_the_abort(int httpVersion)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(app => app.MapSse("/", FailAsync).WithSseTerminator("[DONE]").WithSseFailureEvent(EventOf));

        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/");

        Assert.Equal($"data: 1\n\nevent: error\ndata: {Message}\n\n", (await response.ReadToBreakAsync()).AfterPreamble());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task With_endsStream_the_stream_ends_cleanly_after_it(int httpVersion)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(app => app.MapSse("/", FailAsync).WithSseFailureEvent(EventOf, endsStream: true));

        using StreamingResponse response = await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/");

        Assert.Equal($"data: 1\n\nevent: error\ndata: {Message}\n\n", (await response.ReadToEndAsync()).AfterPreamble());
        await app.StopAsync();
        Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_failure_without_event_aborts_the_stream()
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(app => app.MapSse("/", FailAsync).WithSseFailureEvent(_ => null, endsStream: true));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("data: 1\n\n", (await response.ReadToBreakAsync()).AfterPreamble());
    }

    [Fact]
    public async Task A_throwing_FailureEvent_aborts_the_stream_and_is_logged()
    {
        Logs.ExpectError(record => record.Exception?.Message == Message || record.Exception is ArgumentException);
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", FailAsync).WithSseFailureEvent(_ => new SseItem<string>("x", "two\nlines"), endsStream: true));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("data: 1\n\n", (await response.ReadToBreakAsync()).AfterPreamble());
        await app.StopAsync();
        Assert.Equal(2, Logs.Records.Count(record => record.Level == LogLevel.Error));
    }

    [Fact]
    public async Task A_failure_before_the_first_byte_is_a_status()
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        KestrelApp app = await StartAsync(
            app => app.MapSse(
                "/", IAsyncEnumerable<int> () => throw new InvalidOperationException(Message))
                .WithSseFailureEvent(EventOf, endsStream: true));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal((HttpStatusCode.InternalServerError, ""), (response.Status, await response.ReadToEndAsync()));
    }

    [Fact]
    public async Task A_disconnect_is_no_failure()
    {
        bool called = false;
        var feed = new EventFeed();
        KestrelApp app = await StartAsync(app => app.MapSse("/", feed.RunAsync).WithSseFailureEvent(_ =>
        {
            called = true;
            return null;
        }));
        StreamingResponse response = await app.CreateClient().OpenAsync("/");
        await response.ReadPreambleAsync();

        response.Dispose();
        await feed.Ended.OrTimeout();
        await app.StopAsync();

        Assert.False(called);
    }

    private static SseItem<string>? EventOf(Exception failure) => new(failure.Message, "error");

    private static async Task FailAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        await events.WriteAsync(1, cancellationToken);
        throw new InvalidOperationException(Message);
    }
}
