// An app that keeps its topics in an SQLite file and uses SseKit from its packages alone. Its argument is the package file that it was
// restored from.
using SseKit;

PackedFiles.Check(args[0], "SseKit.Sqlite", "Microsoft.Data.Sqlite", "SseKit");

string directory = Directory.CreateTempSubdirectory("ssekit-").FullName;
string? before;
await using (WebApplication app = await StartAsync())
{
    ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
    before = await publisher.GetLastEventIdAsync("lobby");
    await publisher.PublishAsync("lobby", new Tick(1), eventType: "counted");
    await app.StopAsync();
}

await using (WebApplication app = await StartAsync())
{
    await app.Services.GetRequiredService<ISsePublisher>().CompleteAsync("lobby");
    using (var client = new EventClient(app.Services))
    {
        await client.ExpectAsync($"/rooms/lobby?lastEventId={before}", ("ssekit.open", "{}"), ("counted", """{"number":1}"""));
    }

    await app.StopAsync();
}

Directory.Delete(directory, recursive: true);

async Task<WebApplication> StartAsync()
{
    WebApplicationBuilder builder = WebApplication.CreateBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
    builder.WebHost.UseUrls("http://127.0.0.1:0");
    builder.Services.AddSse().AddSqliteEventStore(
        $"Data Source={directory}/events.db", options => options.Synchronous = SseSqliteSynchronous.Normal);
    WebApplication app = builder.Build();
    app.MapSse("/rooms/{room}", (string room) => SseResults.Follow(room));
    await app.StartAsync();
    return app;
}

internal sealed record Tick(int Number);
