using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OutputCaching;
using SseKit;

namespace Recipes;

internal static class MvcStreams
{
    public static Recipe Recipe { get; } = new("mvc", "Streams of an MVC controller and of a Razor Page.", AddMvcStreams, MapMvcStreams);

    public static void AddMvcStreams(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddControllers();
        builder.Services.AddRazorPages();
    }

    public static void MapMvcStreams(WebApplication app)
    {
        app.MapControllers();
        app.MapRazorPages();
    }
}

[ApiController]
[Route("stock/{item}")]
public sealed class StockController(ISsePublisher publisher) : ControllerBase
{
    // Follows a topic. The attribute is for apps with an output cache: its base policy would apply to the action otherwise.
    [HttpGet("events")]
    [OutputCache(NoStore = true)]
    public IActionResult Follow(string item) =>
        item.Length > 20 ? NotFound() : SseResults.Follow($"stock:{item}");

    // Writes its own events.
    [HttpGet("countdown")]
    public async Task CountDownAsync(string item, int from, SseEventWriter events, CancellationToken ct)
    {
        for (int left = from; left > 0; left--)
        {
            await events.WriteAsync(new { item, left }, "left", ct);
            await Task.Delay(TimeSpan.FromSeconds(1), ct);
        }
    }

    [HttpPost]
    public async Task<IActionResult> ChangeAsync(string item, StockLevel level, CancellationToken ct) =>
        Ok(new { id = await publisher.PublishAsync($"stock:{item}", level, eventType: "level", ct) });
}

public sealed record StockLevel(int Count);
