namespace ChatStreaming.Docs;

/// <summary>Finds passages by their words (Okapi BM25).</summary>
internal sealed class DocsIndex
{
    // The customary constants: how soon a repeated word stops counting, and how much a long passage is held against it.
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.75;
    private const int TitleWeight = 3;

    // Of what the question asks for, weighted by rarity, a passage must hold this share. Less is a coincidence, and saying so is better.
    private const double MinCoverage = 0.34;

    // A question that names a section to this share, and little else is in its title, is answered with all of it.
    private const double MinTitleCoverage = 0.7;
    private const double MinTitleShare = 0.5;

    // Beside the best passage, only those nearly as good are worth reading.
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

    /// <summary>The passages that answer the question, best first; none where the docs do not speak of it.</summary>
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
