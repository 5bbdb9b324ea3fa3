using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatStreaming;

/// <summary>Refuses a prompt that is empty or too long with a 400 before the stream begins, while there is still a status to choose.</summary>
internal static class PromptLimits
{
    public const int MaxTextLength = 4_000; // The page's text box carries the same number.
    public const int MaxTurns = 20;
    public const int MaxTurnLength = 16_000;
    public const long MaxBodyBytes = 2 * 1024 * 1024; // MaxTurns full turns in UTF-8 with JSON escapes to spare: stops a body that never ends.

    public static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        Prompt prompt = context.Arguments.OfType<Prompt>().Single();
        return Fault(prompt) is { } fault ? Refuse(fault) : await next(context);
    }

    private static string? Fault(Prompt prompt)
    {
        if (string.IsNullOrWhiteSpace(prompt.Text))
        {
            return "The question is empty.";
        }

        if (prompt.Text.Length > MaxTextLength)
        {
            return $"The question has {prompt.Text.Length} characters; at most {MaxTextLength} are taken.";
        }

        if (prompt.History is not { } history)
        {
            return null;
        }

        if (history.Count > MaxTurns)
        {
            return $"The history has {history.Count} turns; at most {MaxTurns} are taken.";
        }

        if (history.Any(static turn => turn?.Role is not (Turn.User or Turn.Assistant) || string.IsNullOrEmpty(turn.Text)))
        {
            return $"Each turn of the history needs a text and the role \"{Turn.User}\" or \"{Turn.Assistant}\".";
        }

        return history.Any(static turn => turn.Text!.Length > MaxTurnLength)
            ? $"A turn of the history is longer than {MaxTurnLength} characters."
            : null;
    }

    private static ProblemHttpResult Refuse(string fault) =>
        TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest, title: "The prompt was refused");
}
