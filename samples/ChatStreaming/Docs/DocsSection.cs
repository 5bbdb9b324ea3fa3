namespace ChatStreaming.Docs;

/// <summary>A section of the docs as the search reads it: its passages, and how often each term stands in it.</summary>
internal sealed class DocsSection
{
    private const int TitleWeight = 4;
    private const int PageWeight = 2;

    private readonly Dictionary<string, int> _counts = [];

    public DocsSection(IReadOnlyList<Passage> passages)
    {
        Passages = passages;
        Title = [.. passages[0].Headings.SelectMany(SearchTerms.In)];
        Count(passages[0].Title, TitleWeight);
        foreach (string heading in passages[0].Headings.SkipLast(1))
        {
            Count(heading, PageWeight);
        }

        Terms = [.. passages.Select(static passage => SearchTerms.In(passage.Prose).ToHashSet())];
        foreach (Passage passage in passages)
        {
            Count(passage.Prose, 1);
        }

        // The head of a table stands before its first row only.
        foreach (string lead in passages.Select(static passage => passage.Lead).Distinct())
        {
            Count(lead, 1);
        }

        ShareOfText = (double)passages.Count(static passage => passage.Lead.Length == 0) / passages.Count;

        Length = _counts.Values.Sum();
    }

    public IReadOnlyList<Passage> Passages { get; }

    public HashSet<string> Title { get; }

    /// <summary>The terms of each passage.</summary>
    public IReadOnlyList<HashSet<string>> Terms { get; }

    public IEnumerable<string> AllTerms => _counts.Keys;

    public int Length { get; }

    /// <summary>The share of passages that are no rows of tables.</summary>
    public double ShareOfText { get; }

    public int CountOf(string term) => _counts.GetValueOrDefault(term);

    private void Count(string text, int weight)
    {
        foreach (string term in SearchTerms.In(text))
        {
            _counts[term] = CountOf(term) + weight;
        }
    }
}
