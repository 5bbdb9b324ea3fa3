using SseKit;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSse();

var app = builder.Build();
app.UseFileServer();
app.MapSse("/events", () => SseResults.Follow("hello"));
app.MapPost("/say/{text}", (string text, ISsePublisher publisher) => publisher.PublishAsync("hello", text));
app.Run();
