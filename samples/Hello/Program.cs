using SseKit;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSse();

var app = builder.Build();
app.MapGet("/", () => TypedResults.Content("""
    <!doctype html><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Hello</title>
    <button onclick="fetch('/say/hello', { method: 'POST' })">Say hello to all tabs</button><pre id="said"></pre>
    <script>new EventSource("/events").onmessage = event => said.append(event.data + "\n")</script>
    """, "text/html"));
app.MapSse("/events", () => SseResults.Follow("hello"));
app.MapPost("/say/{text}", (string text, ISsePublisher publisher) => publisher.PublishAsync("hello", text));
app.Run();
