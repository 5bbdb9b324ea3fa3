using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using SseKit;

namespace Recipes;

internal static class ComponentEvents
{
    public static Recipe Recipe { get; } = new("component-events", "A Razor component is an event's data.", AddComponents, MapComponents);

    public static void AddComponents(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddSingleton<ComponentHtml>();
    }

    public static void MapComponents(WebApplication app)
    {
        app.UseFileServer();

        app.MapPost("/rows", async (Parcel parcel, ComponentHtml html, ISsePublisher publisher, CancellationToken ct) =>
        {
            string row = await html.RenderAsync<ParcelRow>(new() { [nameof(ParcelRow.Parcel)] = parcel });
            await publisher.PublishAsync("rows", row, eventType: "row", ct);
            return Results.Accepted();
        });

        app.MapSse("/rows", () => SseResults.Follow(["rows"], new SseFollowOptions { StartAt = SseReplayStart.Last(20) }));
    }
}

public sealed record Parcel(string Number, string Place);

internal sealed class ComponentHtml(IServiceScopeFactory scopes, ILoggerFactory loggers)
{
    public async Task<string> RenderAsync<TComponent>(Dictionary<string, object?> parameters)
        where TComponent : IComponent
    {
        // Components inject scoped services, so each rendering has a scope.
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var root = await renderer.RenderComponentAsync<TComponent>(ParameterView.FromDictionary(parameters));
            return root.ToHtmlString();
        });
    }
}
