using System.Text.Json;
using SseKit;

namespace Recipes;

/// <summary>An OpenAI-compatible model that needs no key. It repeats the question, and breaks off at the word "break".</summary>
internal static class ScriptedModel
{
    public static void MapScriptedModel(this WebApplication app) =>
        app.MapSse("/model/chat/completions", ["POST"], AnswerAsync).WithSseTerminator("[DONE]");

    private static async Task AnswerAsync(JsonElement body, HttpContext context, SseEventWriter events, CancellationToken ct)
    {
        string question = body.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
        foreach (string word in $"You asked: {question}".Split(' '))
        {
            if (word == "break")
            {
                context.Abort();
                return;
            }

            await events.WriteAsync(new { choices = new[] { new { delta = new { content = word + " " } } } }, ct);
            await Task.Delay(200, ct);
        }
    }
}
