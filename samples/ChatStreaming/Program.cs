using System.Text.Json.Serialization;
using ChatStreaming;
using ChatStreaming.Chats;
using ChatStreaming.Llm;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using SseKit;

var builder = WebApplication.CreateBuilder(args);
var data = Directory.CreateDirectory(
    Path.Combine(builder.Environment.ContentRootPath, builder.Configuration["Events:Directory"] ?? "data"));
builder.Services.AddSse(o => o.Retry = TimeSpan.FromSeconds(1))
    .AddSqliteEventStore(Path.Combine(data.FullName, "chats.db"), o => o.MaxAge = TimeSpan.FromDays(365));
builder.Services.AddProblemDetails();
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
builder.Services.AddChatModel(builder.Configuration);
builder.Services.AddSingleton<ChatLog>();
builder.Services.AddSingleton<Answers>().AddHostedService(provider => provider.GetRequiredService<Answers>());

var app = builder.Build();
app.UseFileServer();
app.MapGet("/model", (ModelInfo model) => model);
app.MapOpenAi();

var chats = app.MapGroup("/api/chats");
chats.MapPost("/", async (HttpContext context, ChatLog log, CancellationToken ct) =>
{
    var chat = new ChatKey(ChatOwner.Welcome(context), Guid.NewGuid());
    await log.CreateAsync(chat, ct);
    return TypedResults.Created($"/api/chats/{chat.Chat}", new { chat.Chat });
});

chats.MapGet("/{id:guid}", async Task<Results<Ok<ChatSnapshot>, NotFound>> (ChatKey chat, Answers answers, CancellationToken ct) =>
    await answers.LookAsync(chat, ct) is { } snapshot ? TypedResults.Ok(snapshot) : TypedResults.NotFound());

chats.MapPost("/{id:guid}/messages", async (ChatKey chat, Question question, Answers answers, CancellationToken ct) =>
    await answers.AskAsync(chat, question, ct) switch
    {
        Asked.Unknown => Results.NotFound(),
        Asked.Busy =>
            Results.Problem("Another answer is being written. Stop it, or wait for its end.", statusCode: StatusCodes.Status409Conflict),
        _ => Results.Accepted($"/api/chats/{chat.Chat}/stream"),
    })
    .AddEndpointFilter(QuestionLimits.CheckAsync)
    .WithMetadata(new RequestSizeLimitAttribute(QuestionLimits.MaxBodyBytes));

chats.MapSse("/{id:guid}/stream/{tab?}", async Task<Results<NotFound, NoContent, SseFollowResult>> (
    ChatKey chat, Answers answers, CancellationToken ct) =>
{
    if (await answers.ReadAsync(chat, ct) is not { } conversation)
    {
        return TypedResults.NotFound();
    }

    if (conversation.Latest is not { } latest)
    {
        return TypedResults.NoContent();
    }

    // Without an id, the current answer is followed from its beginning. If it has ended, the response is 204.
    return SseResults.Follow(
        [chat.AnswerTopic(latest.Id)],
        new SseFollowOptions { StartAt = latest.Answer is null ? SseReplayStart.Earliest : SseReplayStart.Latest });
});

chats.MapPost("/{id:guid}/stop", async Task<Results<NoContent, NotFound>> (ChatKey chat, Answers answers, CancellationToken ct) =>
    await answers.StopAsync(chat, ct) ? TypedResults.NoContent() : TypedResults.NotFound());

// Disconnects one tab, which its path names. The browser reconnects, and no event is lost.
chats.MapPost("/{id:guid}/drop/{tab}", Results<NoContent, NotFound> (ChatKey chat, string tab, ISseConnections connections) =>
    connections.Disconnect(
        stream => chat.Has(stream) && stream.Path!.EndsWith($"/{tab}", StringComparison.Ordinal), reason: "its page asked for it") > 0
        ? TypedResults.NoContent()
        : TypedResults.NotFound());

app.Lifetime.ApplicationStarted.Register(() =>
{
    foreach (string url in app.Urls)
    {
        Log.Ready(app.Logger, url, app.Services.GetRequiredService<ModelInfo>().Label);
    }
});
app.Run();
