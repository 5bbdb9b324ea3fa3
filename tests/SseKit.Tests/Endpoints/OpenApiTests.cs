using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class OpenApiTests : ServerTest
{
    [Theory]
    [InlineData("/writer")]
    [InlineData("/typed")]
    [InlineData("/values")]
    [InlineData("/typed-values")]
    [InlineData("/items")]
    [InlineData("/later")]
    [InlineData("/plain")]
    [InlineData("/follow")]
    [InlineData("/follow-later")]
    [InlineData("/follow-get")]
    [InlineData("/replay")]
    public async Task A_stream_is_described_once_with_its_content_type(string path)
    {
        JsonElement paths = await ReadPathsAsync();

        JsonProperty operation = Assert.Single(paths.GetProperty(path).EnumerateObject());
        JsonElement response = operation.Value.GetProperty("responses").GetProperty("200");
        JsonProperty content = Assert.Single(response.GetProperty("content").EnumerateObject());

        Assert.Equal(("get", "text/event-stream"), (operation.Name, content.Name));
    }

    [Theory]
    [InlineData("/writer", "200 503")]
    [InlineData("/values", "200 503")]
    [InlineData("/plain", "200 503")]
    [InlineData("/follow", "200 204 503")]
    [InlineData("/follow-later", "200 204 503")]
    [InlineData("/follow-get", "200 204 503")]
    [InlineData("/follow-or-not", "200 204 404 503")]
    [InlineData("/replay", "200 204 503")]
    [InlineData("/produces", "200 404 503")]
    public async Task Responses_in_place_of_a_stream_are_described(string path, string statuses)
    {
        JsonElement paths = await ReadPathsAsync();

        JsonElement responses = paths.GetProperty(path).GetProperty("get").GetProperty("responses");

        Assert.Equal(statuses, string.Join(' ', responses.EnumerateObject().Select(response => response.Name).Order()));
    }

    [Fact]
    public async Task A_stream_that_answers_a_post_is_described_as_post()
    {
        JsonElement paths = await ReadPathsAsync();

        JsonElement post = paths.GetProperty("/chat").GetProperty("post");

        Assert.True(post.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/json", out _));
        Assert.True(post.GetProperty("responses").GetProperty("200").GetProperty("content").TryGetProperty("text/event-stream", out _));
        Assert.Equal(["tag"], post.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal("Answers.", post.GetProperty("summary").GetString());
    }

    [Fact]
    public async Task The_results_of_a_handler_describe_themselves()
    {
        JsonElement paths = await ReadPathsAsync();

        JsonElement responses = paths.GetProperty("/results").GetProperty("get").GetProperty("responses");

        Assert.True(responses.TryGetProperty("404", out _));
    }

    [Fact]
    public void A_follow_result_has_its_status_and_content_type()
    {
        SseFollowResult result = SseResults.Follow("t");

        Assert.Equal(StatusCodes.Status200OK, Assert.IsType<IStatusCodeHttpResult>(result, exactMatch: false).StatusCode);
        Assert.Equal("text/event-stream; charset=utf-8", Assert.IsType<IContentTypeHttpResult>(result, exactMatch: false).ContentType);
    }

    [Fact]
    public async Task The_app_can_describe_the_events_of_a_handler()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapOpenApi();
                app.MapSse("/prompts", (events, ct) => Task.CompletedTask).Produces<Prompt>(StatusCodes.Status200OK, "text/event-stream");
            },
            builder => builder.Services.AddOpenApi());

        string document = await app.CreateClient().GetStringAsync("/openapi/v1.json");

        JsonElement content = JsonDocument.Parse(document).RootElement
            .GetProperty("paths").GetProperty("/prompts").GetProperty("get").GetProperty("responses").GetProperty("200")
                .GetProperty("content");
        JsonProperty only = Assert.Single(content.EnumerateObject());
        Assert.Equal("text/event-stream", only.Name);
        Assert.Equal("#/components/schemas/Prompt", only.Value.GetProperty("schema").GetProperty("$ref").GetString());
    }

    [Theory]
    [InlineData("/values")]
    [InlineData("/typed-values")]
    [InlineData("/items")]
    [InlineData("/typed-items")]
    [InlineData("/later")]
    public async Task The_data_of_a_handlers_items_is_described(string path)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddOpenApi());

        IProducesResponseTypeMetadata response = Assert.Single(ResponsesOf(app, path), response => response.StatusCode == 200);

        // Documents of .NET 11 describe the item itself.
        Assert.Equal(Environment.Version.Major > 10 ? typeof(SseItem<int>) : typeof(int), response.Type);
        Assert.Equal(["text/event-stream"], response.ContentTypes);
    }

    private static IReadOnlyList<IProducesResponseTypeMetadata> ResponsesOf(KestrelApp app, string path) =>
        app.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Single(endpoint => endpoint.RoutePattern.RawText == path
                && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains("GET"))
            .Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>();

    private static void Map(WebApplication app)
    {
        app.MapOpenApi();
        app.MapSse("/writer", (string? word, SseEventWriter events) => Task.CompletedTask);
        app.MapSse("/typed", (events, ct) => Task.CompletedTask);
        app.MapSse("/values", () => AsyncEnumerable.Range(1, 1));
        app.MapSse("/typed-values", (HttpContext context, CancellationToken ct) => AsyncEnumerable.Range(1, 1));
        app.MapSse("/items", () => new[] { new SseItem<int>(1) }.ToAsyncEnumerable());
        app.MapSse("/typed-items", (HttpContext context, CancellationToken ct) => new[] { new SseItem<int>(1) }.ToAsyncEnumerable());
        app.MapSse("/later", () => Task.FromResult(AsyncEnumerable.Range(1, 1)));
        app.MapSse("/chat", ["POST"], (Prompt prompt, SseEventWriter events) => Task.CompletedTask).WithTags("tag").WithSummary("Answers.");
        app.MapSse("/results", Results<NotFound, EmptyHttpResult> () => TypedResults.NotFound());
        app.MapSse("/produces", (events, ct) => Task.CompletedTask).Produces(StatusCodes.Status404NotFound);
        app.MapGet("/plain", (string? word, SseEventWriter events) => Task.CompletedTask);
        app.MapSse("/follow", (string? word) => SseResults.Follow("t"));
        app.MapSse("/follow-later", () => Task.FromResult(SseResults.Follow("t")));
        app.MapGet("/follow-get", () => SseResults.Follow("t"));
        app.MapGet("/follow-or-not", Results<NotFound, SseFollowResult> () => TypedResults.NotFound());
        app.MapSse("/replay", () => AsyncEnumerable.Range(1, 1)).WithSseReplay("t");
    }

    private async Task<JsonElement> ReadPathsAsync()
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddOpenApi());
        string document = await app.CreateClient().GetStringAsync("/openapi/v1.json");
        return JsonDocument.Parse(document).RootElement.GetProperty("paths");
    }

    private sealed record Prompt(string Text);
}
