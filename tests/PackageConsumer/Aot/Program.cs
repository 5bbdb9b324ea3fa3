using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using SseKit;

// An app for Native AOT: typed delegates, generated JSON metadata, no code that is emitted at run time. It is also published trimmed.
if (RuntimeFeature.IsDynamicCodeSupported != args.Contains("trimmed"))
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

// Whoever follows these gets all of a topic, up to its end.
var all = new SseFollowOptions { StartAt = SseReplayStart.Earliest };
app.MapSse("/news", () => SseResults.Follow("news"));
app.MapSse("/rooms/{room}", (HttpContext context) => SseResults.Follow($"room:{context.GetRouteValue("room")}"));
app.MapSse("/all", () => SseResults.Follow(["news"], all)).ProducesSseEvents<Tick>("created");
app.MapSse("/room", (HttpContext context) => SseResults.Follow([context.Request.Query["name"].ToString()], all));
app.MapSse("/later", async (HttpContext context) =>
{
    await Task.Yield();
    return SseResults.Follow([context.Request.Query["name"].ToString()], all);
});
app.MapSse("/value", ValueTask<SseFollowResult> (HttpContext context) => new(SseResults.Follow(["news"], all)));
app.MapSse("/posted", ["POST"], (HttpContext context) => SseResults.Follow(["news"], all));
app.MapSse("/union", Results<NotFound, SseFollowResult> (HttpContext context) =>
    context.Request.Query.ContainsKey("name") ? SseResults.Follow(["news"], all) : TypedResults.NotFound());
app.MapSse("/checked", async Task<IResult> (SseEventWriter events, CancellationToken cancellationToken) =>
{
    await events.WriteAsync("text", cancellationToken);
    return Results.Empty;
});
app.MapSse("/runs", ["GET", "POST"], async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
    await events.WriteAsync("answer", cancellationToken)).WithSseReplay(context => "run").WithSseTerminator("[DONE]");
app.MapSseRun("/joined", context => "run");

await app.StartAsync();
ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
await publisher.PublishAsync("news", new Tick(3), eventType: "created");
await publisher.CompleteAsync("news");
using (var client = new EventClient(app.Services))
{
    await client.ExpectAsync(
        "/writer", ("message", "text"), ("message", """{"number":1}"""), ("metadata", """{"number":2}"""));
    await client.ExpectAsync("/context", ("path", "/context"));
    await client.ExpectAsync("/values", ("message", """{"number":1}"""), ("message", """{"number":2}"""));
    await client.ExpectAsync("/items", ("first", """{"number":1}"""));
    await client.ExpectAsync("/plain/7", ("bound", """{"number":7}"""));
    foreach (string path in (string[])["/all", "/room?name=news", "/later?name=news", "/value", "/union?name=news"])
    {
        await client.ExpectAsync(path, ("ssekit.open", "{}"), ("created", """{"number":3}"""));
    }

    await client.ExpectAsync("/checked", ("message", "text"));
    await client.ExpectAsync("/runs", ("ssekit.open", "{}"), ("message", "answer"), ("message", "[DONE]"));
    await client.ExpectAsync("/joined", ("ssekit.open", "{}"), ("message", "answer"), ("message", "[DONE]"));
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
