using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace SseKit.Sqlite.Files;

/// <summary>
/// Turns a topic's name or an idempotency key into a value of SQLite, and back: text, or the bytes of its UTF-16 if the text has NUL or
/// half of a surrogate pair, which text in SQLite cannot hold. A text never equals bytes there, so different names are different values.
/// </summary>
internal static class StoredName
{
    public static object Of(string name) => IsText(name) ? name : MemoryMarshal.AsBytes(name.AsSpan()).ToArray();

    public static string Read(SqliteDataReader reader, int column) => reader.GetValue(column) switch
    {
        string text => text,
        byte[] bytes => MemoryMarshal.Cast<byte, char>(bytes).ToString(),
        _ => throw new FormatException("The value is not a name."),
    };

    private static bool IsText(string name)
    {
        foreach (Rune rune in name.EnumerateRunes())
        {
            // A half of a surrogate pair is enumerated as the replacement character.
            if (rune.Value == 0 || rune == Rune.ReplacementChar)
            {
                return false;
            }
        }

        return true;
    }
}
