namespace ChatStreaming.Docs;

/// <summary>Finds passages by their words (Okapi BM25).</summary>
internal sealed class DocsIndex
{
    // The usual constants: the saturation of repeated words, and the penalty for long passages.
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.75;
    private const int TitleWeight = 3;

    // A passage must contain this share of the question's terms, weighted by rarity. A smaller share is a coincidence.
    private const double MinCoverage = 0.34;

    // If a title contains the first share of the question's terms, and the second share of its own terms are from the question, the answer
    // is the whole section.
    private const double MinTitleCoverage = 0.7;
    private const double MinTitleShare = 0.5;

    // An answer contains the best passage and those with nearly its score.
    private const double MinShareOfBest = 0.65;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, int> _passagesWithTerm = [];
    private readonly double _averageLength;

    public DocsIndex(IEnumerable<Passage> passages)
    {
        foreach (Passage passage in passages)
        {
            Entry entry = Read(passage);
            _entries.Add(entry);
            foreach (string term in entry.Counts.Keys)
            {
                _passagesWithTerm[term] = _passagesWithTerm.GetValueOrDefault(term) + 1;
            }
        }

        _averageLength = _entries.Count > 0 ? _entries.Average(static entry => entry.Length) : 1;
    }

    public IEnumerable<Passage> Passages => _entries.Select(static entry => entry.Passage);

    /// <summary>The passages that answer the question, best first; none if the docs have no answer.</summary>
    public IReadOnlyList<Passage> Find(string question, int count)
    {
        string[] terms = [.. SearchTerms.In(question).Distinct()];
        return FindSection(terms) is { Count: > 0 } section ? section : FindPassages(terms, count);
    }

    private List<Passage> FindSection(string[] terms)
    {
        double asked = terms.Sum(Rarity);
        string? origin = _entries
            .Where(entry => terms.Where(entry.Title.Contains).Sum(Rarity) >= MinTitleCoverage * asked)
            .Select(entry => (entry.Passage.Origin, Share: (double)terms.Count(entry.Title.Contains) / entry.Title.Count))
            .Where(static named => named.Share >= MinTitleShare)
            .OrderByDescending(static named => named.Share)
            .Select(static named => named.Origin)
            .FirstOrDefault();
        return [.. Passages.Where(passage => passage.Origin == origin)];
    }

    private List<Passage> FindPassages(string[] terms, int count)
    {
        double asked = terms.Sum(Rarity);
        var ranked = _entries
            .Where(entry => terms.Where(entry.Counts.ContainsKey).Sum(Rarity) >= MinCoverage * asked)
            .Select(entry => (entry.Passage, Score: terms.Sum(term => Score(entry.Counts.GetValueOrDefault(term), entry.Length, term))))
            .Where(static hit => hit.Score > 0)
            .OrderByDescending(static hit => hit.Score)
            .Take(count)
            .ToList();
        return [.. ranked.Where(hit => hit.Score >= MinShareOfBest * ranked[0].Score).Select(static hit => hit.Passage)];
    }

    private static Entry Read(Passage passage)
    {
        var counts = new Dictionary<string, int>();
        HashSet<string> title = [.. SearchTerms.In(passage.Title)];
        Count(passage.Text, 1);
        Count(passage.Title, TitleWeight);
        foreach (string heading in passage.Headings.SkipLast(1))
        {
            Count(heading, 1);
        }

        return new Entry(passage, title, counts, counts.Values.Sum());

        void Count(string text, int weight)
        {
            foreach (string term in SearchTerms.In(text))
            {
                counts[term] = counts.GetValueOrDefault(term) + weight;
            }
        }
    }

    private double Rarity(string term)
    {
        int holders = _passagesWithTerm.GetValueOrDefault(term);
        return Math.Log(1 + ((_entries.Count - holders + 0.5) / (holders + 0.5)));
    }

    private double Score(int occurrences, int length, string term) =>
        Rarity(term) * occurrences * (Saturation + 1)
        / (occurrences + (Saturation * (1 - LengthWeight + (LengthWeight * length / _averageLength))));

    private sealed record Entry(Passage Passage, HashSet<string> Title, Dictionary<string, int> Counts, int Length);
}
