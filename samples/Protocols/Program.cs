using Microsoft.Extensions.AI;
using Protocols;
using SseKit;

var builder = WebApplication.CreateBuilder(args);
ISseBuilder sse = builder.Services.AddSse();
if (builder.Configuration["Events:File"] is { } file)
{
    // Answers are kept over a restart.
    sse.AddSqliteEventStore(file);
}

builder.Services.AddHttpContextAccessor();
builder.Services.AddSingleton<IChatClient, ScriptedChatClient>();
builder.Services.AddSingleton<AiSdkAnswers>();

var app = builder.Build();
app.MapOpenAiChatCompletions();
app.MapOpenAiResponses();
app.MapAnthropicMessages();
app.MapAiSdkChat();
app.MapAiSdkWorkflow();
app.MapAgUi();
app.MapTanStackAi();
app.MapLangGraphRuns();
app.MapGemini();
app.Run();
