// An app that uses SseKit from its package alone. Its argument is the package file that it was restored from.
PackedFiles.Check(args[0], "SseKit");

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSse(options => options.HeartbeatInterval = TimeSpan.FromSeconds(5));
await using WebApplication app = builder.Build();

app.MapSse("/ticks/{name}", async (string name, SseKit.SseEventWriter events, CancellationToken cancellationToken) =>
{
    await events.WriteAsync($"tick {name}", cancellationToken);
    await events.WriteAsync(new Tick(2), "counted", cancellationToken);
});
app.MapSse("/numbers", () => Enumerable.Range(1, 2).ToAsyncEnumerable());

await app.StartAsync();
using (var client = new EventClient(app.Services))
{
    await client.ExpectAsync("/ticks/tock", ("message", "tick tock"), ("counted", """{"number":2}"""));
    await client.ExpectAsync("/numbers", ("message", "1"), ("message", "2"));
}

await app.StopAsync();

internal sealed record Tick(int Number);
