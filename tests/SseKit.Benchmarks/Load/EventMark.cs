using System.Diagnostics;

namespace SseKit.Benchmarks.Load;

/// <summary>
/// The mark of each event: a sequence of bytes that occurs only there, and the time of the publish. The clock is the system's, so another
/// process can compare with it.
/// </summary>
internal static class EventMark
{
    public const byte Sign = (byte)'#';
    public const int Digits = 16;

    /// <summary>Creates an event's text of this length, with the current time.</summary>
    public static string Now(int length) => string.Create(length, Stopwatch.GetTimestamp(), static (text, stamp) =>
    {
        text.Fill('x');
        text[0] = (char)Sign;
        for (int i = Digits; i > 0; i--, stamp >>= 4)
        {
            text[i] = "0123456789abcdef"[(int)(stamp & 15)];
        }
    });

    public static int Value(byte digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
