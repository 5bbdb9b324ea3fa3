using Microsoft.Extensions.AI;

namespace ChatStreaming;

/// <summary>What the page sends: a question, and the conversation before it, oldest turn first.</summary>
internal sealed record Prompt(string? Text, IReadOnlyList<Turn>? History = null)
{
    public IEnumerable<ChatMessage> ToMessages()
    {
        foreach (Turn turn in History ?? [])
        {
            yield return new ChatMessage(turn.Role == Turn.User ? ChatRole.User : ChatRole.Assistant, turn.Text);
        }

        yield return new ChatMessage(ChatRole.User, Text);
    }
}

/// <summary>One earlier message of the conversation.</summary>
internal sealed record Turn(string? Role, string? Text)
{
    public const string User = "user";
    public const string Assistant = "assistant";
}
