using System.Text;

namespace SseKit.Writing;

/// <summary>The bound on one event's data (I8): what stands in memory whole, for each connection, until it is sent.</summary>
internal static class EventSize
{
    public const int Default = 16 * 1024 * 1024;

    private const int MaxUtf8BytesPerChar = 3;

    /// <summary>Checks the bytes that a text will have, which are counted only where they could be too many.</summary>
    public static void CheckUtf8(string text, int maxEventSize)
    {
        if (text.Length > maxEventSize / MaxUtf8BytesPerChar)
        {
            Check(Encoding.UTF8.GetByteCount(text), maxEventSize);
        }
    }

    public static void Check(long size, int maxEventSize)
    {
        if (size > maxEventSize)
        {
            throw new ArgumentException(
                $"The data of this event has {size} bytes, more than the {maxEventSize} that SseOptions.MaxEventSize allows. Nothing was written.");
        }
    }
}
