// An app that keeps its topics in PostgreSQL and uses SseKit from its packages alone. Its arguments are the package file that it was
// restored from, and the connection string of a server if there is one.
using Npgsql;
using SseKit;

PackedFiles.Check(args[0], "SseKit.PostgreSql", "Npgsql", "SseKit");
if (args.Length < 2)
{
    Console.WriteLine("PostgreSQL is not installed: the app was built and not run.");
    return;
}

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSse().AddPostgreSqlEventStore(args[1], options => options.MaxAge = TimeSpan.FromDays(1));
await using WebApplication app = builder.Build();

app.MapSse("/rooms/{room}", (string room) => SseResults.Follow(room));

await app.StartAsync();
ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
string? before = await publisher.GetLastEventIdAsync("lobby");
await publisher.PublishAsync("lobby", new Tick(1), eventType: "counted");
await using (NpgsqlDataSource source = NpgsqlDataSource.Create(args[1]))
await using (NpgsqlConnection connection = await source.OpenConnectionAsync())
{
    await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync())
    {
        await publisher.PublishAsync(
            "lobby", new System.Net.ServerSentEvents.SseItem<string>("rolled back"), new SsePublishOptions { Transaction = transaction });
    }

    await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync())
    {
        await publisher.PublishAsync(
            "lobby", new System.Net.ServerSentEvents.SseItem<string>("committed"), new SsePublishOptions { Transaction = transaction });
        await transaction.CommitAsync();
    }
}

await publisher.CompleteAsync("lobby");
using (var client = new EventClient(app.Services))
{
    await client.ExpectAsync(
        $"/rooms/lobby?lastEventId={before}", ("ssekit.open", "{}"), ("counted", """{"number":1}"""), ("message", "committed"));
}

await app.StopAsync();

internal sealed record Tick(int Number);
