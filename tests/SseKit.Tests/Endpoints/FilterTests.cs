using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class FilterTests : ServerTest
{
    [Theory]
    [InlineData("writer")]
    [InlineData("typed")]
    [InlineData("values")]
    [InlineData("typed-values")]
    [InlineData("plain")]
    public async Task A_filter_runs_before_the_headers_are_sent(string form)
    {
        bool ran = false;
        KestrelApp app = await StartAsync(app => Map(app, form, () => ran = true).AddEndpointFilter(Refuse));

        using HttpResponseMessage response = await app.CreateClient().GetAsync("/");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Null(response.Content.Headers.ContentType);
        Assert.False(ran);
    }

    [Theory]
    [InlineData("writer")]
    [InlineData("typed")]
    [InlineData("values")]
    [InlineData("typed-values")]
    [InlineData("plain")]
    public async Task A_groups_filter_runs_before_the_headers_are_sent(string form)
    {
        KestrelApp app = await StartAsync(app =>
        {
            RouteGroupBuilder group = app.MapGroup("/group").AddEndpointFilter(Refuse);
            Map(group, form, () => { });
        });

        using HttpResponseMessage response = await app.CreateClient().GetAsync("/group/");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("writer")]
    [InlineData("typed")]
    [InlineData("values")]
    [InlineData("typed-values")]
    [InlineData("plain")]
    public async Task Filters_that_pass_a_request_on_change_nothing(string form)
    {
        int passed = 0;
        KestrelApp app = await StartAsync(app =>
        {
            RouteGroupBuilder group = app.MapGroup("/group").AddEndpointFilter(Pass);
            Map(group, form, () => { }).AddEndpointFilter(Pass).AddEndpointFilter(Pass);
        });

        using StreamingResponse response = await app.CreateClient().OpenAsync("/group/");

        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
        Assert.Equal("data: 1\n\n", (await response.ReadToEndAsync()).AfterPreamble());
        Assert.Equal(3, passed);

        ValueTask<object?> Pass(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            passed++;
            return next(context);
        }
    }

    [Fact]
    public async Task A_filter_gets_the_arguments_of_the_handler()
    {
        var seen = new List<object?>();
        KestrelApp app = await StartAsync(app => app
            .MapSse("/{word}", async (string word, SseEventWriter events) => await events.WriteAsync(word))
            .AddEndpointFilter((context, next) =>
            {
                seen.Add(context.GetArgument<string>(0));
                seen.Add(context.GetArgument<SseEventWriter>(1));
                return next(context);
            }));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/one");
        await response.ReadToEndAsync();

        Assert.Equal("one", seen[0]);
        Assert.IsType<SseEventWriter>(seen[1]);
    }

    [Fact]
    public async Task A_plain_endpoint_without_events_is_a_stream()
    {
        KestrelApp app = await StartAsync(app => app
            .MapGet("/", (SseEventWriter events) => Task.CompletedTask)
            .AddEndpointFilter((context, next) => next(context)));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
        Assert.Equal("", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private static RouteHandlerBuilder Map(IEndpointRouteBuilder app, string form, Action ran)
    {
        return form switch
        {
            "writer" => app.MapSse("/", (SseEventWriter events, IServiceProvider services) => WriteAsync(events)),
            "typed" => app.MapSse("/", (events, ct) => WriteAsync(events)),
            "values" => app.MapSse("/", () => Values()),
            "typed-values" => app.MapSse("/", (HttpContext context, CancellationToken ct) => Values()),
            _ => app.MapGet("/", (SseEventWriter events) => WriteAsync(events)),
        };

        Task WriteAsync(SseEventWriter events)
        {
            ran();
            return events.WriteAsync(1).AsTask();
        }

        IAsyncEnumerable<int> Values()
        {
            ran();
            return AsyncEnumerable.Range(1, 1);
        }
    }

    private static ValueTask<object?> Refuse(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        ValueTask.FromResult<object?>(TypedResults.StatusCode(StatusCodes.Status403Forbidden));
}
