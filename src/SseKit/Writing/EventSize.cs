using System.Text;

namespace SseKit.Writing;

/// <summary>Limits the data of one event, which each connection holds in memory until it is sent (I8).</summary>
internal static class EventSize
{
    public const int Default = 16 * 1024 * 1024;

    private const int MaxUtf8BytesPerChar = 3;

    /// <summary>Checks the encoded size of a text; counts its bytes only if the limit could be exceeded.</summary>
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
                $"The data of this event has {size} bytes, more than the {maxEventSize} that SseOptions.MaxEventSize allows. "
                + "Nothing was written. Split the data, or raise SseOptions.MaxEventSize.");
        }
    }
}
