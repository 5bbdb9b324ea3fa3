using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class TypedHandlerTests : ServerTest
{
    [Fact]
    public async Task A_handler_may_write()
    {
        Func<SseEventWriter, CancellationToken, Task> handler = async (events, ct) => await events.WriteAsync("one", ct);

        await AssertStreamsAsync(app => app.MapSse("/", handler), app => app.MapSse("/", ["POST"], handler), "data: one\n\n");
    }

    [Fact]
    public async Task A_handler_may_write_and_use_the_context()
    {
        Func<HttpContext, SseEventWriter, CancellationToken, Task> handler =
            async (context, events, ct) => await events.WriteAsync(context.Request.Method.Length > 0, ct);

        await AssertStreamsAsync(app => app.MapSse("/", handler), app => app.MapSse("/", ["POST"], handler), "data: true\n\n");
    }

    [Fact]
    public async Task A_handler_may_yield_values()
    {
        Func<HttpContext, CancellationToken, IAsyncEnumerable<int>> handler = (context, ct) => AsyncEnumerable.Range(1, 2);

        await AssertStreamsAsync(app => app.MapSse("/", handler), app => app.MapSse("/", ["POST"], handler), "data: 1\n\ndata: 2\n\n");
    }

    [Fact]
    public async Task A_handler_may_yield_events()
    {
        Func<HttpContext, CancellationToken, IAsyncEnumerable<SseItem<string>>> handler =
            (context, ct) => new[] { new SseItem<string>("one", "created") }.ToAsyncEnumerable();

        await AssertStreamsAsync(
            app => app.MapSse("/", handler), app => app.MapSse("/", ["POST"], handler), "event: created\ndata: one\n\n");
    }

    [Fact]
    public async Task A_handler_that_writes_may_return_a_result()
    {
        await AssertStreamsAsync(
            app => app.MapSse("/", (SseEventWriter events, CancellationToken ct) => AnswerAsync(events, found: true)),
            app => app.MapSse(
                "/", ["POST"], (HttpContext context, SseEventWriter events, CancellationToken ct) => AnswerAsync(events, found: true)),
            "data: one\n\n");
    }

    [Fact]
    public async Task The_first_event_is_sent_while_its_source_works()
    {
        using var received = new ManualResetEventSlim();
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (events, ct) =>
        {
            await events.WriteAllAsync(WorkUntilReceived(), ct);
            return TypedResults.Empty;
        }));
        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        await response.ReadUntilAsync("data: first\n\n");
        received.Set();

        Assert.Equal("data: received\n\n", await response.ReadToEndAsync());

        async IAsyncEnumerable<string> WorkUntilReceived()
        {
            await Task.CompletedTask;
            yield return "first";
            yield return received.Wait(TestTimeout.Limit) ? "received" : "late";
        }
    }

    [Fact]
    public async Task An_error_result_before_the_first_event_keeps_its_status()
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/lambda", (SseEventWriter events, CancellationToken ct) => AnswerAsync(events, found: false));
            app.MapSse("/get", (HttpContext context, SseEventWriter events, CancellationToken ct) => AnswerAsync(events, found: false));
            app.MapSse("/one-of", (SseEventWriter events, CancellationToken ct) => OneOfAsync(events, found: false));
            app.MapSse("/method", MethodAsync);
            app.MapSse("/async", async (SseEventWriter events, CancellationToken ct) =>
            {
                await Task.Yield();
                return TypedResults.NotFound("no such room");
            });
        });

        foreach (string path in (string[])["/lambda", "/get", "/one-of", "/method", "/async"])
        {
            using HttpResponseMessage response = await app.CreateClient().GetAsync(path);

            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal("\"no such room\"", await response.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_result_hidden_by_the_handlers_type_is_an_error(bool oneOf)
    {
        Logs.ExpectError(record => record.Exception?.Message.Contains("IResult", StringComparison.Ordinal) == true);
        Func<SseEventWriter, CancellationToken, Task> handler =
            (events, ct) => oneOf ? OneOfAsync(events, found: false) : AnswerAsync(events, found: false);
        KestrelApp app = await StartAsync(app => app.MapSse("/", handler));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("", (await response.ReadToBreakAsync()).AfterPreamble());
    }

    [Fact]
    public async Task A_result_hidden_by_the_delegates_type_is_refused()
    {
        Func<SseEventWriter, CancellationToken, Task> handler = MethodAsync;
        Func<SseEventWriter, CancellationToken, Task> oneOf = OneOfMethodAsync;

        await StartAsync(app =>
        {
            var exception = Assert.Throws<ArgumentException>(() => app.MapSse("/", handler));
            Assert.Throws<ArgumentException>(() => app.MapSse("/", oneOf));

            Assert.Contains("IResult", exception.Message);
            Assert.Equal("handler", exception.ParamName);
        });
    }

    [Fact]
    public async Task A_result_describes_itself()
    {
        KestrelApp app = await StartAsync(app =>
            app.MapSse("/", (SseEventWriter events, CancellationToken ct) => OneOfAsync(events, found: true)));

        Endpoint endpoint = app.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .First(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains("GET"));
        IReadOnlyList<IProducesResponseTypeMetadata> responses = endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>();

        Assert.Equal((404, typeof(string)), (Assert.Single(responses).StatusCode, responses[0].Type));
    }

    [Theory]
    [InlineData("/method")]
    [InlineData("/lambda")]
    [InlineData("/values")]
    [InlineData("/result")]
    public async Task Metadata_of_the_handler_applies(string path)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseAuthorization();
                app.MapSse("/method", (Func<SseEventWriter, CancellationToken, Task>)ForMembersAsync);
                app.MapSse("/lambda", [Authorize] (HttpContext context, SseEventWriter events, CancellationToken ct) => Task.CompletedTask);
                app.MapSse("/values", [Authorize] (HttpContext context, CancellationToken ct) => AsyncEnumerable.Range(1, 1));
                app.MapSse("/result", [Authorize] (SseEventWriter events, CancellationToken ct) => AnswerAsync(events, found: true));
            },
            builder =>
            {
                builder.Services.AddAuthentication("cookie").AddCookie("cookie");
                builder.Services.AddAuthorization();
            });

        using HttpResponseMessage response = await app.CreateClient().GetAsync(path);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task The_iterator_gets_the_streams_token_and_is_disposed()
    {
        var disposed = new Signal();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", (HttpContext context, CancellationToken ct) => Endless(disposed, default)));

        using (StreamingResponse response = await app.CreateClient().OpenAsync("/"))
        {
            await response.ReadUntilAsync("data: 1\n\n");
        }

        await disposed.WaitAsync();
    }

    private async Task AssertStreamsAsync(Action<WebApplication> get, Action<WebApplication> post, string expected)
    {
        KestrelApp app = await StartAsync(app =>
        {
            get(app);
            post(app);
        });

        using StreamingResponse got = await app.CreateClient().OpenAsync("/");
        using StreamingResponse posted = await app.CreateClient().OpenAsync(HttpMethod.Post, "/");

        Assert.Equal("text/event-stream; charset=utf-8", got.Headers["Content-Type"]);
        Assert.Equal(expected, (await got.ReadToEndAsync()).AfterPreamble());
        Assert.Equal(expected, await posted.ReadToEndAsync());
    }

    [Authorize]
    private static Task ForMembersAsync(SseEventWriter events, CancellationToken cancellationToken) => Task.CompletedTask;

    private static Task<IResult> MethodAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        AnswerAsync(events, found: false);

    private static Task<Results<NotFound<string>, EmptyHttpResult>> OneOfMethodAsync(
        SseEventWriter events, CancellationToken cancellationToken) =>
        OneOfAsync(events, found: false);

    private static async Task<IResult> AnswerAsync(SseEventWriter events, bool found) => await OneOfAsync(events, found);

    private static async Task<Results<NotFound<string>, EmptyHttpResult>> OneOfAsync(SseEventWriter events, bool found)
    {
        await Task.Yield();
        if (!found)
        {
            return TypedResults.NotFound("no such room");
        }

        await events.WriteAsync("one");
        return TypedResults.Empty;
    }

    private static async IAsyncEnumerable<int> Endless(Signal disposed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            disposed.Set();
        }
    }
}
