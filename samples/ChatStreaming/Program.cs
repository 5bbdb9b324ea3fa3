using ChatStreaming;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.AI;
using SseKit;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSse();
builder.Services.AddProblemDetails();
builder.Services.AddChatModel(builder.Configuration);

var app = builder.Build();
app.UseFileServer();
app.MapGet("/model", (ModelInfo model) => model);

app.MapSse("/chat", ["POST"], async (Prompt prompt, IChatClient chat, ModelInfo model, SseEventWriter events, CancellationToken ct) =>
{
    await events.WriteAsync(new ChatStart(model.Model, model.Label), "start", ct);
    try
    {
        string finishReason = "unknown";
        UsageDetails? usage = null;
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(prompt.ToMessages(), cancellationToken: ct))
        {
            finishReason = update.FinishReason?.Value ?? finishReason;
            usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
            if (update.Text.Length > 0)
            {
                await events.WriteAsync(new ChatDelta(update.Text), "delta", ct);
            }
        }

        await events.WriteAsync(new ChatDone(finishReason, ChatUsage.From(usage)), "done", ct);
    }
    catch (Exception exception) when (!ct.IsCancellationRequested)
    {
        // A stream that just ended would look like a complete answer, so the failure is said in an event of its own.
        Log.ModelFailed(app.Logger, model.Model, exception);
        await events.WriteAsync(exception.ToEvent(), "failed", ct);
    }
})
.AddEndpointFilter(PromptLimits.CheckAsync)
.WithMetadata(new RequestSizeLimitAttribute(PromptLimits.MaxBodyBytes));

app.Lifetime.ApplicationStarted.Register(() =>
    Log.Ready(app.Logger, app.Urls.First(), app.Services.GetRequiredService<ModelInfo>().Label));
app.Run();
