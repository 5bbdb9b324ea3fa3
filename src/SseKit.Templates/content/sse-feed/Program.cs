using SseKit;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddProblemDetails();
#if (UseMemory)
builder.Services.AddSse();
#elif (UseSqlite)
builder.Services.AddSse().AddSqliteEventStore(builder.Configuration.GetConnectionString("Events")!);
#elif (UsePostgres)
builder.Services.AddSse().AddPostgreSqlEventStore(builder.Configuration.GetConnectionString("Events")!);
#else
builder.Services.AddSse().AddRedisEventStore(builder.Configuration.GetConnectionString("Events")!);
#endif

var app = builder.Build();
app.UseFileServer();

// Publishes an event. Any code with an ISsePublisher can do the same, such as a background service.
app.MapPost("/messages", async Task<IResult> (Message message, ISsePublisher publisher, CancellationToken ct) =>
{
    if (message.Text is not { Length: > 0 and <= 1000 })
    {
        return Results.Problem("A message has 1 to 1000 characters.", statusCode: StatusCodes.Status400BadRequest);
    }

    await publisher.PublishAsync("feed", message, eventType: "posted", ct);
    return Results.Accepted();
});

// A client that was here before continues after its last event. Others begin with the last 20 messages.
// To restrict the feed, add RequireAuthorization(), or name the topic by the user.
app.MapSse("/feed", () => SseResults.Follow(["feed"], new SseFollowOptions { StartAt = SseReplayStart.Last(20) }));

app.Run();

internal sealed record Message(string? Text);
