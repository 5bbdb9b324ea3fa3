using System.Diagnostics.CodeAnalysis;

namespace SseKit.Topics;

/// <summary>The rule for topic names: anything but empty, up to a length that every store takes as a key.</summary>
internal static class TopicName
{
    public const int MaxLength = 256;

    public static bool IsValid([NotNullWhen(true)] string? topic) => topic is { Length: > 0 and <= MaxLength };

    public static void Check(string topic, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic, parameterName);
        if (topic.Length > MaxLength)
        {
            throw new ArgumentException($"A topic's name has at most {MaxLength} characters, but this one has {topic.Length}.", parameterName);
        }
    }
}
