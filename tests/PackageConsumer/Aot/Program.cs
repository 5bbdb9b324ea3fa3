using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using SseKit;

// An app for Native AOT: typed delegates, generated JSON metadata, no code that is emitted at run time.
if (RuntimeFeature.IsDynamicCodeSupported)
{
    throw new InvalidOperationException("This check has no meaning if the runtime may emit code.");
}

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, TickJson.Default));
builder.Services.AddSse();
await using WebApplication app = builder.Build();

app.MapSse("/writer", async (SseEventWriter events, CancellationToken cancellationToken) =>
{
    await events.WriteAsync("text", cancellationToken);
    await events.WriteAsync(new Tick(1), cancellationToken);
    await events.WriteAsync(new Tick(2), TickJson.Default.Tick, "metadata", cancellationToken);
});
app.MapSse("/context", async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
    await events.WriteAsync(context.Request.Path.Value!, "path", cancellationToken));
app.MapSse("/values", async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
    await events.WriteAllAsync(TicksAsync(cancellationToken), cancellationToken));
app.MapSse("/items", async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
    await events.WriteAllAsync(ItemsAsync(cancellationToken), cancellationToken));
app.MapGet("/plain/{number}", async (int number, SseEventWriter events, CancellationToken cancellationToken) =>
    await events.WriteAsync(new Tick(number), "bound", cancellationToken));

await app.StartAsync();
using (var client = new EventClient(app.Services))
{
    await client.ExpectAsync(
        "/writer", ("message", "text"), ("message", """{"number":1}"""), ("metadata", """{"number":2}"""));
    await client.ExpectAsync("/context", ("path", "/context"));
    await client.ExpectAsync("/values", ("message", """{"number":1}"""), ("message", """{"number":2}"""));
    await client.ExpectAsync("/items", ("first", """{"number":1}"""));
    await client.ExpectAsync("/plain/7", ("bound", """{"number":7}"""));
}

await app.StopAsync();

static async IAsyncEnumerable<Tick> TicksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
{
    yield return new Tick(1);
    await Task.Yield();
    cancellationToken.ThrowIfCancellationRequested();
    yield return new Tick(2);
}

static async IAsyncEnumerable<SseItem<Tick>> ItemsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
{
    await Task.Yield();
    cancellationToken.ThrowIfCancellationRequested();
    yield return new SseItem<Tick>(new Tick(1), "first");
}

internal sealed record Tick(int Number);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Tick))]
internal sealed partial class TickJson : JsonSerializerContext;
