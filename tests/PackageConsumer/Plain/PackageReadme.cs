using SseKit;

namespace PackageConsumer;

/// <summary>The C# of the package's README, line by line.</summary>
internal static class PackageReadme
{
    public static void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();                                     // events are kept in memory by default
    }

    public static void Map(WebApplication app)
    {
        // Writes a stream.
        app.MapSse("/clock", async (SseEventWriter events, CancellationToken ct) =>
        {
            while (true)
            {
                await events.WriteAsync(TimeOnly.FromDateTime(DateTime.Now).ToString("T"), ct);
                await Task.Delay(1000, ct);
            }
        });

        // Publishes to a topic, and follows it. A client that returns continues exactly where it stopped.
        app.MapPost("/rooms/{room}", async (string room, Message message, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync($"room:{room}", message, eventType: "said", ct));
        app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
    }

    internal sealed record Message(string Text);
}
