using System.Globalization;
using System.Text;

namespace SseKit.Redis;

/// <summary>
/// Writes a topic's name as part of a key: letters, digits and a few marks as they are, other bytes as <c>%XX</c>. Different names have
/// different texts, and none has a brace, which would be a hash tag.
/// </summary>
internal static class KeyText
{
    public static string Of(byte[] name)
    {
        var text = new StringBuilder(name.Length);
        foreach (byte value in name)
        {
            if (IsPlain((char)value))
            {
                text.Append((char)value);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
            }
        }

        return text.ToString();
    }

    private static bool IsPlain(char value) => char.IsAsciiLetterOrDigit(value) || value is '-' or '.' or '_' or '~' or ':' or '/' or '@';
}
