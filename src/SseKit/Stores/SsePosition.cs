using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SseKit;

/// <summary>
/// A position in a topic: after the event with this sequence. Its text, <c>epoch-sequence</c>, is the event id on the wire, opaque to
/// clients.
/// </summary>
/// <param name="Epoch">
/// Identifies one log of the topic: 1 to 32 characters of <c>[A-Za-z0-9]</c>. A log that replaces a lost one has another epoch.
/// </param>
/// <param name="Sequence">The number of the last event before this position, from 1; 0 is the position before the first event.</param>
public readonly record struct SsePosition(string Epoch, long Sequence)
{
    internal const int MaxEpochLength = 32;
    private const int MaxSequenceLength = 19;

    /// <summary>
    /// Reads a position from an event id. The text is untrusted: its length is checked first, and its grammar is strict.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SsePosition position)
    {
        position = default;
        if (text is null || text.Length > MaxEpochLength + 1 + MaxSequenceLength)
        {
            return false;
        }

        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash is < 1 or > MaxEpochLength || !IsEpoch(text.AsSpan(0, dash)))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text.AsSpan(dash + 1);
        // The framework's parser accepts NUL after the digits.
        bool canonical = digits is "0" || (digits.Length > 0 && digits[0] != '0' && !digits.ContainsAnyExceptInRange('0', '9'));
        if (!canonical || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
        {
            return false;
        }

        position = new SsePosition(text[..dash], sequence);
        return true;
    }

    /// <summary>The event id of this position.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Sequence}");

    private static bool IsEpoch(ReadOnlySpan<char> text)
    {
        foreach (char value in text)
        {
            if (!char.IsAsciiLetterOrDigit(value))
            {
                return false;
            }
        }

        return true;
    }
}
