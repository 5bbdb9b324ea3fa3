using System.Text.Encodings.Web;
using SseKit;

namespace Recipes;

/// <summary>The recipes that consist of a page, in a folder of wwwroot each, and of the endpoints that it needs.</summary>
internal static class PageRecipes
{
    private static readonly SseFollowOptions FromStart = new() { StartAt = SseReplayStart.Earliest };

    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("react", "React hooks follow a topic and read an answer to a POST: /react/", AddSse, MapReact),
        new("many-tabs", "All tabs of a browser share one connection: /many-tabs/", AddSse, MapManyTabs),
        new("htmx", "htmx 2 and 4 append events to a list: /htmx/, /htmx/htmx4.html", AddSse, MapHtmx),
        new("datastar", "Datastar appends events to a list: /datastar/", AddSse, MapDatastar),
    ];

    public static void MapReact(WebApplication app)
    {
        app.UseFileServer();
        app.MapSse("/react/orders", () => SseResults.Follow(["react"], FromStart));
        app.MapPost("/react/orders", async (Order order, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync("react", order, eventType: "order", ct));
        app.MapPost("/react/end", async (ISsePublisher publisher, CancellationToken ct) =>
        {
            await publisher.PublishAsync("react", "", eventType: "end", ct);
            await publisher.CompleteAsync("react", ct);
        });
        app.MapSse("/react/answers/{id:guid}", ["POST"], AnswerAsync)
            .WithSseReplay(context => $"answer:{context.Request.RouteValues["id"]}");
    }

    public static void MapManyTabs(WebApplication app)
    {
        app.UseFileServer();
        app.MapSse("/many-tabs/orders", () => SseResults.Follow("many-tabs"));
        app.MapPost("/many-tabs/orders", async (Order order, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync("many-tabs", order, eventType: "order", ct));
    }

    public static void MapHtmx(WebApplication app)
    {
        app.UseFileServer();
        app.MapSse("/htmx/orders", () => SseResults.Follow(["htmx"], FromStart));
        app.MapPost("/htmx/orders", async (Order order, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync("htmx", $"<li>{HtmlEncoder.Default.Encode(order.Item)}</li>", ct));
        app.MapPost("/htmx/end", async (ISsePublisher publisher, CancellationToken ct) =>
        {
            await publisher.PublishAsync("htmx", "", eventType: "end", ct);
            await publisher.CompleteAsync("htmx", ct);
        });
    }

    public static void MapDatastar(WebApplication app)
    {
        app.UseFileServer();
        app.MapSse("/datastar/orders", () => SseResults.Follow(["datastar"], FromStart));
        app.MapPost("/datastar/orders", async (Order order, ISsePublisher publisher, CancellationToken ct) =>
        {
            string html = $"<li>{HtmlEncoder.Default.Encode(order.Item)}</li>";
            string patch = $"selector #orders\nmode append\nelements {html}";
            await publisher.PublishAsync("datastar", patch, eventType: "datastar-patch-elements", ct);
        });
    }

    private static void AddSse(WebApplicationBuilder builder) => builder.Services.AddSse();

    // Stands for a model.
    private static async Task AnswerAsync(Prompt prompt, SseEventWriter events, CancellationToken ct)
    {
        foreach (string word in $"{prompt.Text}: the words of an answer arrive one by one, and each of them once.".Split(' '))
        {
            await events.WriteAsync(word + ' ', ct);
            await Task.Delay(150, ct);
        }
    }

    internal sealed record Prompt(string Text);

    internal sealed record Order(string Item);
}
