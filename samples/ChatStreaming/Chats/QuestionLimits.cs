using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatStreaming.Chats;

/// <summary>Answers 400 to a question that is empty, too long or without an id.</summary>
internal static partial class QuestionLimits
{
    public const int MaxTextLength = 4_000; // The page's text box has the same limit.
    public const int MaxBodyBytes = 64 * 1024; // Allows the longest text with JSON escapes, and bounds the body.

    public static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        Question question = context.Arguments.OfType<Question>().Single();
        return Fault(question) is { } fault ? Refuse(fault) : await next(context);
    }

    private static string? Fault(Question question)
    {
        if (question.ClientId is null || !Name().IsMatch(question.ClientId))
        {
            return "The question needs a clientId of 1 to 64 letters, digits and hyphens, a new one for each question.";
        }

        if (string.IsNullOrWhiteSpace(question.Text))
        {
            return "The question is empty.";
        }

        return question.Text.Length > MaxTextLength
            ? $"The question has {question.Text.Length} characters; at most {MaxTextLength} are taken."
            : null;
    }

    private static ProblemHttpResult Refuse(string fault) =>
        TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest, title: "The question was refused");

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z")]
    private static partial Regex Name();
}
