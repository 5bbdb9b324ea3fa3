using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class HandlerFormTests : ServerTest
{
    [Fact]
    public async Task A_handler_that_writes_may_return_a_task() =>
        await AssertStreamAsync(async (SseEventWriter events, string? word) => await events.WriteAsync("one"), "data: one\n\n");

    [Fact]
    public async Task A_handler_that_writes_may_return_a_value_task() =>
        await AssertStreamAsync((SseEventWriter events, CancellationToken ct) => events.WriteAsync("one", ct), "data: one\n\n");

    [Fact]
    public async Task A_handler_may_return_void() =>
        await AssertStreamAsync((SseEventWriter events) => { }, "");

    [Fact]
    public async Task Yielded_values_are_written_as_json() =>
        await AssertStreamAsync(() => Yield(new Point(1, 2), new Point(3, 4)), "data: {\"x\":1,\"y\":2}\n\ndata: {\"x\":3,\"y\":4}\n\n");

    [Fact]
    public async Task Yielded_strings_are_written_unchanged() =>
        await AssertStreamAsync(() => Yield("one", "two"), "data: one\n\ndata: two\n\n");

    [Fact]
    public async Task Yielded_events_keep_their_fields() => await AssertStreamAsync(
        () => Yield(new SseItem<int>(1, "created") { EventId = "7", ReconnectionInterval = TimeSpan.FromSeconds(1) }),
        "event: created\nretry: 1000\ndata: 1\nid: 7\n\n");

    [Fact]
    public async Task Yielded_events_with_strings_are_written_unchanged() =>
        await AssertStreamAsync(() => Yield(new SseItem<string>("one", "created")), "event: created\ndata: one\n\n");

    [Fact]
    public async Task A_handler_may_return_its_values_in_a_task() => await AssertStreamAsync(
        async () =>
        {
            await Task.Yield();
            return Yield("one");
        },
        "data: one\n\n");

    [Fact]
    public async Task A_handler_may_return_its_values_in_a_value_task() =>
        await AssertStreamAsync(() => ValueTask.FromResult(Yield("one")), "data: one\n\n");

    [Fact]
    public async Task A_source_of_a_custom_type_is_a_stream() =>
        await AssertStreamAsync(() => new Countdown(), "data: 2\n\ndata: 1\n\n");

    [Fact]
    public async Task A_handler_that_writes_may_end_with_a_result() => await AssertStreamAsync(
        async Task<IResult> (SseEventWriter events, string? word) =>
        {
            await events.WriteAsync("one");
            return Results.Empty;
        },
        "data: one\n\n");

    [Fact]
    public async Task An_error_result_before_the_stream_keeps_its_status()
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/result", () => Results.NotFound("no such room"));
            app.MapSse("/later", async (SseEventWriter events, string? word) =>
            {
                await Task.Yield();
                return Results.NotFound("no such room");
            });
            app.MapSse("/typed-result", () => TypedResults.NotFound("no such room"));
            app.MapSse("/one-of", Results<NotFound<string>, EmptyHttpResult> () => TypedResults.NotFound("no such room"));
            app.MapSse("/one-of-later", async Task<Results<NotFound<string>, EmptyHttpResult>> (SseEventWriter events, string? word) =>
            {
                await Task.Yield();
                return TypedResults.NotFound("no such room");
            });
        });

        foreach (string path in (string[])["/result", "/later", "/typed-result", "/one-of", "/one-of-later"])
        {
            using StreamingResponse response = await app.CreateClient().OpenAsync(path);

            Assert.Equal(HttpStatusCode.NotFound, response.Status);
            Assert.Equal("application/json; charset=utf-8", response.Headers["Content-Type"]);
            Assert.Equal("\"no such room\"", await response.ReadToEndAsync());
        }
    }

    [Fact]
    public async Task An_exception_before_the_stream_is_an_ordinary_500()
    {
        Logs.ExpectError(record => record.Exception?.Message == "No quotes today.");
        KestrelApp app = await StartAsync(
            app => app.MapSse("/quotes", IAsyncEnumerable<int> () => throw new NotSupportedException("No quotes today.")));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/quotes");

        Assert.Equal(HttpStatusCode.InternalServerError, response.Status);
        Assert.False(response.Headers.ContainsKey("Content-Type"));
    }

    [Fact]
    public async Task A_handler_that_returns_null_is_a_500()
    {
        Logs.ExpectError(record => record.Exception?.Message.Contains("null", StringComparison.Ordinal) == true);
        KestrelApp app = await StartAsync(app => app.MapSse("/quotes", IAsyncEnumerable<int> () => null!));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/quotes");

        Assert.Equal(HttpStatusCode.InternalServerError, response.Status);
    }

    [Fact]
    public async Task A_handler_that_returns_a_plain_value_is_refused()
    {
        await StartAsync(app =>
        {
            Delegate[] handlers =
            [
                () => new Point(1, 2),
                () => "text",
                () => Task.FromResult(7),
                async ValueTask<string> () => await Task.FromResult("text"),
                () => (int[])[1, 2],
            ];
            foreach (Delegate handler in handlers)
            {
                var exception = Assert.Throws<ArgumentException>(() => app.MapSse("/refused", handler));

                Assert.Equal("handler", exception.ParamName);
                Assert.Contains("IAsyncEnumerable<T>", exception.Message);
                Assert.Contains(handler.Method.ReturnType.ToString(), exception.Message);
            }
        });
    }

    [Fact]
    public async Task A_handler_that_cannot_write_is_refused()
    {
        await StartAsync(app =>
        {
            Delegate[] handlers = [() => { }, () => Task.CompletedTask, (string room, CancellationToken ct) => ValueTask.CompletedTask];
            foreach (Delegate handler in handlers)
            {
                var exception = Assert.Throws<ArgumentException>(() => app.MapSse("/refused", handler));

                Assert.Equal("handler", exception.ParamName);
                Assert.Contains("'/refused' returns nothing and has no SseEventWriter parameter", exception.Message);
            }
        });
    }

    [Fact]
    public async Task A_handler_may_get_its_writer_among_parameters() =>
        await AssertStreamAsync(async ([AsParameters] Parameters all) => await all.Events.WriteAsync("one"), "data: one\n\n");

    private async Task AssertStreamAsync(Delegate handler, string expected)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/", handler));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
        Assert.Equal(expected, (await response.ReadToEndAsync()).AfterPreamble());
    }

    private static async IAsyncEnumerable<T> Yield<T>(params T[] items)
    {
        foreach (T item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }

    private sealed record Point(int X, int Y);

    private sealed class Countdown : IAsyncEnumerable<int>
    {
        public async IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            for (int i = 2; i > 0; i--)
            {
                await Task.Yield();
                yield return i;
            }
        }
    }

    private sealed record Parameters(SseEventWriter Events);
}
