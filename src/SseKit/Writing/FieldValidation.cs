using System.Buffers;

namespace SseKit.Writing;

/// <summary>The rules for values that stand on a line of their own. They are checked once, before a byte is written (I6).</summary>
internal static class FieldValidation
{
    /// <summary>A longer Last-Event-ID makes browsers ask for a CORS preflight before they reconnect.</summary>
    public const int MaxEventIdLength = 128;

    /// <summary>The event type that a client assumes where no <c>event:</c> line is written.</summary>
    public const string DefaultEventType = "message";

    /// <summary>Browsers hand <c>retry</c> to a timer of 32 bits; a larger value would fire at once.</summary>
    public const long MaxRetryMilliseconds = int.MaxValue;

    private static readonly SearchValues<char> LineBreaksAndNul = SearchValues.Create("\r\n\0");

    public static void CheckEventType(string? eventType, string parameterName)
    {
        int position = eventType.AsSpan().IndexOfAny(LineBreaksAndNul);
        if (position >= 0)
        {
            throw new ArgumentException(
                $"An event type must be one line without NUL, but has {Describe(eventType![position])} at position {position}.", parameterName);
        }
    }

    // An id comes back in the Last-Event-ID header. Other characters than printable ASCII, edge spaces and long values are
    // changed or refused on the way by clients, proxies or servers, and the client could then never reconnect.
    public static void CheckEventId(string? eventId, string parameterName)
    {
        if (eventId is null)
        {
            return;
        }

        if (eventId.Length > MaxEventIdLength)
        {
            throw new ArgumentException(
                $"An event id has at most {MaxEventIdLength} characters, but this one has {eventId.Length}.", parameterName);
        }

        int position = eventId.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (position >= 0)
        {
            throw new ArgumentException(
                $"An event id must be printable ASCII, but has {Describe(eventId[position])} at position {position}.", parameterName);
        }

        if (HasEdgeSpace(eventId))
        {
            int edge = eventId[0] == ' ' ? 0 : eventId.Length - 1;
            throw new ArgumentException($"An event id must not start or end with a space, but has one at position {edge}.", parameterName);
        }
    }

    /// <summary>Whether a value that a client sent as Last-Event-ID could have been written by this library.</summary>
    public static bool IsEventId(string? value) =>
        !string.IsNullOrEmpty(value)
        && value.Length <= MaxEventIdLength
        && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')
        && !HasEdgeSpace(value);

    public static long CheckRetry(TimeSpan reconnectionInterval, string parameterName)
    {
        if (reconnectionInterval.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            throw new ArgumentOutOfRangeException(
                parameterName, reconnectionInterval, "A reconnection interval is a whole number of milliseconds.");
        }

        // Zero is refused: Chromium then reconnects several hundred times a second.
        long milliseconds = reconnectionInterval.Ticks / TimeSpan.TicksPerMillisecond;
        if (milliseconds is < 1 or > MaxRetryMilliseconds)
        {
            throw new ArgumentOutOfRangeException(
                parameterName, reconnectionInterval, $"A reconnection interval is 1 to {MaxRetryMilliseconds} milliseconds.");
        }

        return milliseconds;
    }

    private static bool HasEdgeSpace(string value) => value.Length > 0 && (value[0] == ' ' || value[^1] == ' ');

    private static string Describe(char value) => value switch
    {
        '\r' => "CR (U+000D)",
        '\n' => "LF (U+000A)",
        '\0' => "NUL (U+0000)",
        _ => $"U+{(int)value:X4}",
    };
}
