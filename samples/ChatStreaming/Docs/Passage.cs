namespace ChatStreaming.Docs;

/// <summary>The smallest piece of the docs that says something by itself: a paragraph with its code, an item of a list, a row of a table.</summary>
/// <param name="Source">The file, as a path inside the repository.</param>
/// <param name="Headings">The headings above the text, outermost first.</param>
/// <param name="Text">Markdown without headings.</param>
/// <param name="Position">Orders the passages of a file.</param>
/// <param name="Block">Passages of one list or table have the same number, and belong close together.</param>
/// <param name="Lead">What must stand above the first passage of a block: the head of a table.</param>
internal sealed record Passage(
    string Source, IReadOnlyList<string> Headings, string Text, int Position = 0, int Block = 0, string Lead = "")
{
    public string Title => Headings.Count > 0 ? Headings[^1] : Source;

    /// <summary>Names the section, and says where the passage comes from. The title of the whole file goes without saying.</summary>
    public string Origin => string.Join(" › ", [Source, .. Headings.Count > 1 ? Headings.Skip(1) : Headings]);
}
