namespace ChatStreaming.Docs;

/// <summary>A piece of the docs that can answer a question by itself.</summary>
/// <param name="Source">The file, as a path inside the repository.</param>
/// <param name="Headings">The headings above the text, outermost first.</param>
/// <param name="Text">Markdown without headings.</param>
internal sealed record Passage(string Source, IReadOnlyList<string> Headings, string Text)
{
    public string Title => Headings.Count > 0 ? Headings[^1] : Source;

    public string Origin => string.Join(" › ", [Source, .. Headings]);
}
