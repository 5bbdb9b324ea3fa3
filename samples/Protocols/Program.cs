using Microsoft.Extensions.AI;
using Protocols;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSse();
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
