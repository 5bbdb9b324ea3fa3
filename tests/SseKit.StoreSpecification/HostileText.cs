namespace SseKit.StoreSpecification;

/// <summary>
/// Names and keys that break stores which use them as paths, SQL or patterns, or which change their case, encoding, normalisation or
/// length. All are different.
/// </summary>
internal static class HostileText
{
    public static IReadOnlyList<string> All { get; } =
    [
        // Case, spaces and normalisation.
        "a", "A", "a ", " a", "a\t", "a\n", "a\r\n", " ", "\u00A0", "\u200B", "\uFEFFa",
        "\u00E9", "e\u0301", "\u212B", "\u00C5", "ss", "\u00DF", "i", "I", "\u0130", "\u0131",

        // NUL and other controls.
        "\0", "a\0", "a\0b", "\u0001", "\u001B[2J", "\u007F", "\u0085", "\u2028", "\u202E",

        // Paths and devices.
        ".", "..", "../..", "../../etc/passwd", "/", "//", "/a", "a/", "a/b", "\\", "a\\b", "C:\\a", "~", "nul", "CON", "aux.log", "-rf",
        "%2e%2e%2f",

        // Languages and patterns.
        "'", "''", "\"", "`", ";", "--", "'; DROP TABLE events; --", "%", "_", "*", "?", "[a]", "$1", "@p0", "{0}", "\\0", "\\x00", "null",
        "0", "-1",

        // Beyond the basic plane, and halves of surrogate pairs, which UTF-8 all turns into the same character.
        "\U0001F600", "\uD83D", "\uDE00", "\uD83D\uD83D", "\uDE00\uD83D", "\uFFFD", "a\uD800", "a\uDFFF", "a\uFFFD",

        // As long as allowed, in characters and in bytes, and different only at the end.
        new('x', 255), new('x', 256), new string('x', 255) + 'y', new('\u6771', 256), new string('\u6771', 255) + '\u4EAC',
        new('\uD800', 256), new('/', 256), new('.', 256), new('\'', 256), new('\0', 256),
    ];
}
