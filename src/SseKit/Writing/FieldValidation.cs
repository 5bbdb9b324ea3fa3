using System.Buffers;
using System.Globalization;

namespace SseKit.Writing;

/// <summary>Checks values that are written on a line of their own, once and before a byte is written (I6).</summary>
internal static class FieldValidation
{
    /// <summary>The limit above which browsers send a CORS preflight before they reconnect with a Last-Event-ID.</summary>
    public const int MaxEventIdLength = 128;

    /// <summary>The event type that a client assumes if an event has no <c>event:</c> line.</summary>
    public const string DefaultEventType = "message";

    /// <summary>The limit of the 32-bit timers of browsers; with a larger <c>retry</c> they fire immediately.</summary>
    public const long MaxRetryMilliseconds = int.MaxValue;

    private static readonly SearchValues<char> LineBreaksAndNul = SearchValues.Create("\r\n\0");

    public static void CheckEventType(string? eventType, string parameterName)
    {
        int position = eventType.AsSpan().IndexOfAny(LineBreaksAndNul);
        if (position >= 0)
        {
            throw new ArgumentException(
                $"An event type must be one line without NUL, but has {Describe(eventType![position])} at position {position}.",
                parameterName);
        }
    }

    // Clients return an id in the Last-Event-ID header. Clients, proxies or servers change or refuse long values, edge spaces and
    // characters other than printable ASCII. The client could then never reconnect.
    public static void CheckEventId(string? eventId, string parameterName)
    {
        if (eventId is null)
        {
            return;
        }

        if (eventId.Length > MaxEventIdLength)
        {
            throw new ArgumentException(
                $"An event id must have at most {MaxEventIdLength} characters, but has {eventId.Length}.", parameterName);
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

    /// <summary>Returns whether this library could have written a value that a client sent as Last-Event-ID.</summary>
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
                parameterName, reconnectionInterval, "A reconnection interval must be a whole number of milliseconds.");
        }

        // Zero is refused: Chromium then reconnects several hundred times a second.
        long milliseconds = reconnectionInterval.Ticks / TimeSpan.TicksPerMillisecond;
        if (milliseconds is < 1 or > MaxRetryMilliseconds)
        {
            throw new ArgumentOutOfRangeException(
                parameterName, reconnectionInterval, $"A reconnection interval must be 1 to {MaxRetryMilliseconds} milliseconds.");
        }

        return milliseconds;
    }

    /// <summary>Reads a retry time of other code. WHATWG HTML §9.2.6: clients ignore it unless all characters are digits.</summary>
    public static bool TryParseRetry(ReadOnlySpan<byte> value, out long milliseconds)
    {
        milliseconds = 0;
        return !value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out milliseconds)
            && milliseconds <= MaxRetryMilliseconds;
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
