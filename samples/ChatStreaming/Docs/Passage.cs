using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>
/// The smallest piece of the docs that makes sense without the others: a paragraph with its code, an item of a list, a row of a table.
/// </summary>
/// <param name="Source">The file, as a path inside the repository.</param>
/// <param name="Headings">The headings above the text, outermost first.</param>
/// <param name="Text">Markdown without headings.</param>
/// <param name="Position">Orders the passages of a file.</param>
/// <param name="Block">Passages of one list or table have the same number.</param>
/// <param name="Lead">The lines that must precede the first passage of a block: the head of a table.</param>
internal sealed partial record Passage(
    string Source, IReadOnlyList<string> Headings, string Text, int Position = 0, int Block = 0, string Lead = "")
{
    public string Title => Headings.Count > 0 ? Headings[^1] : Source;

    /// <summary>The section and the file of the passage, without the title of the file.</summary>
    public string Origin => string.Join(" › ", [Source, .. Headings.Count > 1 ? Headings.Skip(1) : Headings]);

    /// <summary>The text without code blocks, whose names and sample data answer no question.</summary>
    public string Prose => CodeBlock().Replace(Text, "");

    [GeneratedRegex("""^ *(`{3,}|~{3,}).*?^ *\1 *$""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
