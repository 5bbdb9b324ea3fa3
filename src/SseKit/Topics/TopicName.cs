using System.Diagnostics.CodeAnalysis;

namespace SseKit.Topics;

/// <summary>The rule for topic names: not empty, and at most as long as every store accepts as a key.</summary>
internal static class TopicName
{
    public const int MaxLength = 256;

    public static bool IsValid([NotNullWhen(true)] string? topic) => topic is { Length: > 0 and <= MaxLength };

    public static void Check(string topic, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic, parameterName);
        if (topic.Length > MaxLength)
        {
            throw new ArgumentException(
                $"The topic's name has {topic.Length} characters; 1 to {MaxLength} are allowed.", parameterName);
        }
    }
}
