using System.Diagnostics.CodeAnalysis;

namespace SseKit.Topics;

/// <summary>The rule for topic names: not empty, at most as long as every store accepts as a key, and not one of SseKit's own.</summary>
internal static class TopicName
{
    public const int MaxLength = 256;

    /// <summary>
    /// Begins the names of SseKit's own topics. An app may take names from its clients, which must not write or complete those.
    /// </summary>
    public const string Reserved = "ssekit.";

    public static bool IsValid([NotNullWhen(true)] string? topic) => topic is { Length: > 0 and <= MaxLength } && !IsReserved(topic);

    public static void Check(string topic, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic, parameterName);
        if (topic.Length > MaxLength)
        {
            throw new ArgumentException(
                $"The topic's name has {topic.Length} characters; 1 to {MaxLength} are allowed.", parameterName);
        }

        if (IsReserved(topic))
        {
            throw new ArgumentException($"The topic's name '{topic}' begins with '{Reserved}', which is reserved.", parameterName);
        }
    }

    private static bool IsReserved(string topic) => topic.StartsWith(Reserved, StringComparison.Ordinal);
}
