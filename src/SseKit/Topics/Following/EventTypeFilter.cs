using System.Text;
using SseKit.Writing;

namespace SseKit.Topics.Following;

/// <summary>Calls the app's filter of event types, once for each type. Used by one connection's loop.</summary>
internal sealed class EventTypeFilter(Func<string, bool> accepts)
{
    // The results for further types are not stored (I8).
    private const int MaxCached = 256;

    private readonly Dictionary<string, bool> _answers = [];

    /// <param name="eventType">The type's bytes; empty for the default type.</param>
    public bool Accepts(ReadOnlySpan<byte> eventType)
    {
        Span<char> characters = eventType.Length <= 256 ? stackalloc char[256] : new char[eventType.Length];
        ReadOnlySpan<char> type = eventType.IsEmpty
            ? FieldValidation.DefaultEventType
            : characters[..Encoding.UTF8.GetChars(eventType, characters)];
        Dictionary<string, bool>.AlternateLookup<ReadOnlySpan<char>> answers = _answers.GetAlternateLookup<ReadOnlySpan<char>>();
        if (answers.TryGetValue(type, out bool answer))
        {
            return answer;
        }

        answer = accepts(type.ToString());
        if (_answers.Count < MaxCached)
        {
            answers[type] = answer;
        }

        return answer;
    }
}
