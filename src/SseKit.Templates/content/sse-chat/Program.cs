using System.Net.ServerSentEvents;
using Microsoft.Extensions.AI;
using SseKit;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddProblemDetails();

// Answers are kept in memory. The packages SseKit.Sqlite, SseKit.PostgreSql and SseKit.Redis keep them across restarts.
builder.Services.AddSse();

// Any other IChatClient can replace this one, such as that of the package Microsoft.Extensions.AI.OpenAI.
builder.Services.AddSingleton<IChatClient, ScriptedChatClient>();

var app = builder.Build();
app.UseFileServer();

// Starts an answer. It is written to its end, also if the client leaves. The same request again gets the same answer.
app.MapSse("/answers/{id:guid}", ["POST"], async (Question question, IChatClient chat, SseEventWriter events, CancellationToken ct) =>
    {
        await foreach (var update in chat.GetStreamingResponseAsync(question.Text, cancellationToken: ct))
        {
            if (update.Text.Length > 0)
            {
                await events.WriteAsync(new { update.Text }, "delta", ct);
            }
        }
    })
    .WithSseTerminator("{}", "done")
    .WithSseFailureEvent(_ => new SseItem<string>("""{"message":"The answer failed."}""", "failed"), endsStream: true)
    .WithSseReplay(TopicOf);

// Follows an answer that was started, from its beginning or from the client's last event on.
app.MapSseRun("/answers/{id:guid}", TopicOf);

app.MapPost("/answers/{id:guid}/stop", async (HttpContext context, ISseRuns runs, CancellationToken ct) =>
    await runs.StopAsync(TopicOf(context), ct) ? Results.NoContent() : Results.NotFound());

app.Run();

// The id is random, so only a client that has it can read the answer. In an app with users, begin the name with the user.
static string TopicOf(HttpContext context) => $"answer:{context.Request.RouteValues["id"]}";

internal sealed record Question(string Text);
