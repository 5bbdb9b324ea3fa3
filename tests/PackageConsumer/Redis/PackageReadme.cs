using SseKit;

namespace PackageConsumer;

/// <summary>The C# of the package's README, line by line.</summary>
internal static class PackageReadme
{
    public static void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddSse().AddRedisEventStore("localhost:6379", options => options.MaxAge = TimeSpan.FromHours(1));
    }

    public static void Map(WebApplication app)
    {
        app.MapPost("/rooms/{room}", async (string room, Message message, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync($"room:{room}", message, eventType: "said", ct));
        app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
    }

    internal sealed record Message(string Text);
}
