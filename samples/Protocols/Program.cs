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
app.MapOverview();
Protocol("OpenAI chat completions").MapOpenAiChatCompletions();
Protocol("OpenAI responses").MapOpenAiResponses();
Protocol("Anthropic messages").MapAnthropicMessages();
Protocol("AI SDK, UI message stream").MapAiSdkChat();
Protocol("AI SDK, WorkflowChatTransport").MapAiSdkWorkflow();
Protocol("AG-UI").MapAgUi();
Protocol("TanStack AI").MapTanStackAi();
Protocol("LangGraph").MapLangGraphRuns();
Protocol("Gemini").MapGemini();
app.Run();

RouteGroupBuilder Protocol(string name) => app.MapGroup("").WithTags(name);
