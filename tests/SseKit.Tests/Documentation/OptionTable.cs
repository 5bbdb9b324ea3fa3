using System.Globalization;

namespace SseKit.Tests.Documentation;

/// <summary>The tables of options.md: type, option, default and range.</summary>
internal static class OptionTable
{
    private const string Infinite = "infinite";

    private static readonly Dictionary<string, TimeSpan> Times = new(StringComparer.Ordinal)
    {
        ["ms"] = TimeSpan.FromMilliseconds(1),
        ["s"] = TimeSpan.FromSeconds(1),
        ["min"] = TimeSpan.FromMinutes(1),
        ["h"] = TimeSpan.FromHours(1),
        ["day"] = TimeSpan.FromDays(1),
        ["days"] = TimeSpan.FromDays(1),
    };

    private static readonly Dictionary<string, long> Sizes = new(StringComparer.Ordinal)
    {
        ["KiB"] = 1024,
        ["MiB"] = 1024 * 1024,
        ["GiB"] = 1024 * 1024 * 1024,
    };

    public static IReadOnlyList<Row> Read()
    {
        List<Row> rows = [];
        (int Level, string Title)? type = null;
        foreach (string line in MarkdownDocument.Read("src/docs/options.md").Prose)
        {
            if (MarkdownDocument.HeadingOf(line) is { } heading)
            {
                type = heading.Title.StartsWith("Sse", StringComparison.Ordinal) ? heading : heading.Level > type?.Level ? type : null;
            }
            else if (type is { } current && MarkdownDocument.CellsOf(line) is [['`', .., '`'], _, _, _] cells)
            {
                rows.Add(new Row(current.Title, cells[0].Trim('`'), cells[1], cells[2]));
            }
        }

        return rows;
    }

    /// <summary>The value of a text such as "15 s" or "1 MiB", as a time or a number.</summary>
    public static object ParseValue(string text, Type type)
    {
        string[] parts = text.Split(' ');
        long number = long.Parse(parts[0], CultureInfo.InvariantCulture);
        if (type == typeof(TimeSpan))
        {
            return number == 0 ? TimeSpan.Zero : Times[parts[1]] * number;
        }

        long value = parts.Length == 1 ? number : checked(Sizes[parts[1]] * number);
        return type == typeof(int) ? checked((int)value) : (object)value;
    }

    internal sealed record Row(string Type, string Option, string Default, string Range)
    {
        /// <summary>The least and the most of the range, or null if the range is no interval.</summary>
        public (string Least, string Most)? Interval =>
            Range.Split(", or ")[0].Split(" – ") is [var least, var most] ? (least, most) : null;

        public bool MayBeInfinite => Range.EndsWith(Infinite, StringComparison.Ordinal) || Range.Contains(Infinite + " ");

        /// <summary>Whether the cell of the default begins with this text, alone or before an explanation.</summary>
        public bool DefaultIs(string text) => Default == text || Default.StartsWith(text + ": ", StringComparison.Ordinal);
    }
}
