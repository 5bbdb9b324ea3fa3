using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using SseKit.Tests.Endpoints.Actions;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Documentation;

/// <summary>The OpenAPI document of an app as openapi.md describes it.</summary>
public sealed class OpenApiDocumentTests : ServerTest
{
    [Fact]
    public async Task The_document_is_valid_and_without_duplicates()
    {
        string json = await ReadAsync();

        ReadResult read = OpenApiDocument.Parse(json, "json");

        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        foreach (OpenApiOperation operation in read.Document!.Paths.Values.SelectMany(path => path.Operations!.Values))
        {
            IEnumerable<string> parameters = (operation.Parameters ?? []).Select(
                parameter => $"{parameter.In} {parameter.Name}".ToLowerInvariant());
            Assert.Equal(parameters.Distinct(), parameters);
        }
    }

    [Theory]
    [InlineData("/orders", "header Last-Event-ID, query lastEventId")]
    [InlineData("/bound", "header Last-Event-ID, query lastEventId")]
    [InlineData("/bound-get", "header last-event-id, query lastEventId")]
    [InlineData("/several", "header Last-Event-ID, query lastEventId")]
    [InlineData("/replayed", "header Last-Event-ID, query lastEventId")]
    [InlineData("/follow-actions/described/{topic}", "header Last-Event-ID, path topic, query lastEventId")]
    [InlineData("/quotes/{symbol}", "path symbol")]
    public async Task The_parameters_of_a_client_that_resumes_are_described(string path, string expected)
    {
        JsonNode operation = await ReadOperationAsync(path);

        IEnumerable<string> parameters = (operation["parameters"]?.AsArray() ?? [])
            .Select(parameter => $"{parameter!["in"]} {parameter["name"]}").Order(StringComparer.Ordinal);

        Assert.Equal(expected, string.Join(", ", parameters));
    }

    [Theory]
    [InlineData("/orders", """{"$ref":"#/components/schemas/Order"}""", "Events: created, changed.")]
    [InlineData("/written", """{"type":"string"}""", "Events: message.")]
    [InlineData("/yielded", """{"$ref":"#/components/schemas/Order"}""", "Events: created.")]
    [InlineData("/untold", """{"type":"string"}""", "OK")]
    public async Task Events_are_described_by_their_data_and_types(string path, string schema, string description)
    {
        JsonNode response = (await ReadOperationAsync(path))["responses"]!["200"]!;

        Assert.Equal(schema, response["content"]!["text/event-stream"]!["schema"]!.ToJsonString());
        Assert.Equal(description, response["description"]!.ToString());
    }

    [Fact]
    public async Task Events_of_several_types_are_described_by_the_transformer()
    {
        JsonNode schema = (await ReadOperationAsync("/several"))["responses"]!["200"]!["content"]!["text/event-stream"]!["schema"]!;

        Assert.Equal(
            ["number", "text"], schema["anyOf"]!.AsArray().SelectMany(each => each!["properties"]!.AsObject()).Select(each => each.Key));
    }

    [Fact]
    public async Task An_action_that_follows_is_described()
    {
        JsonNode responses = (await ReadOperationAsync("/follow-actions/described/{topic}"))["responses"]!;

        Assert.Equal(["200", "204", "503"], responses.AsObject().Select(response => response.Key).Order());
        Assert.NotNull(responses["200"]!["content"]!["text/event-stream"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    public async Task An_invalid_event_type_is_refused(string eventType)
    {
        await StartAsync(app => Assert.Throws<ArgumentException>(
            () => app.MapSse("/", (events, ct) => Task.CompletedTask).ProducesSseEvents<string>(eventType)));
    }

    private static void Map(WebApplication app)
    {
        DocumentedOpenApi.Map(app);
        app.MapSse(
            "/bound", ([FromHeader(Name = "Last-Event-ID")] string? id, string? lastEventId) => SseResults.Follow(id ?? lastEventId ?? "t"));
        app.MapGet("/bound-get", ([FromHeader(Name = "last-event-id")] string? id) => SseResults.Follow(id ?? "t"));
        app.MapSse("/several", () => SseResults.Follow("orders", "alerts"))
            .ProducesSseEvents<DocumentedOpenApi.Order>("created").ProducesSseEvents<Alert>("raised");
        app.MapSse("/written", (events, ct) => Task.CompletedTask).ProducesSseEvents<string>();
        app.MapSse("/yielded", () => new[] { new SseItem<DocumentedOpenApi.Order>(new(1), "created") }.ToAsyncEnumerable())
            .ProducesSseEvents<DocumentedOpenApi.Order>("created");
        app.MapSse("/untold", () => SseResults.Follow("t"));
        app.MapSse("/replayed", () => AsyncEnumerable.Range(1, 1)).WithSseReplay("t");
        app.MapSse("/query", ["QUERY"], (DocumentedOpenApi.Order order) => SseResults.Follow("t"));
        app.MapControllers();
    }

    private async Task<string> ReadAsync()
    {
        KestrelApp app = await StartAsync(Map, builder =>
        {
            DocumentedOpenApi.AddServices(builder);
            builder.Services.AddSse();
            builder.Services.AddControllers().AddApplicationPart(typeof(ResultController).Assembly);
            builder.Services.AddSingleton<DocumentedOpenApi.IQuotes>(_ => throw new InvalidOperationException());
        });
        return await app.CreateClient().GetStringAsync("/openapi/v1.json");
    }

    private async Task<JsonNode> ReadOperationAsync(string path) =>
        JsonNode.Parse(await ReadAsync())!["paths"]![path]!["get"]!;

    private sealed record Alert(string Text);
}
