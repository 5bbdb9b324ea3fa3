// An app that keeps its topics in Redis and uses SseKit from its packages alone. Its arguments are the package file that it was restored
// from, and the configuration of a server if there is one.
using SseKit;

PackedFiles.Check(args[0], "SseKit.Redis", "SseKit", "StackExchange.Redis");
if (args.Length < 2)
{
    Console.WriteLine("Redis is not installed: the app was built and not run.");
    return;
}

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSse().AddRedisEventStore(args[1], options => options.MaxAge = TimeSpan.FromHours(1));
await using WebApplication app = builder.Build();

app.MapSse("/rooms/{room}", (string room) => SseResults.Follow(room));

await app.StartAsync();
ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
string? before = await publisher.GetLastEventIdAsync("lobby");
await publisher.PublishAsync("lobby", new Tick(1), eventType: "counted");
await publisher.PublishAsync("lobby", "done");
await publisher.CompleteAsync("lobby");
using (var client = new EventClient(app.Services))
{
    await client.ExpectAsync(
        $"/rooms/lobby?lastEventId={before}", ("ssekit.open", "{}"), ("counted", """{"number":1}"""), ("message", "done"));
}

await app.StopAsync();

internal sealed record Tick(int Number);
