namespace ChatStreaming.Docs;

/// <summary>Finds passages by their words (Okapi BM25).</summary>
internal sealed class DocsIndex
{
    // The customary constants: how soon a repeated word stops counting, and how much a long passage is held against it.
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.75;
    private const int TitleWeight = 3;

    // Of what the question asks for, weighted by rarity, a passage must hold this share. Less is a coincidence, and saying so is better.
    private const double MinCoverage = 0.4;

    // Beside the best passage, only those nearly as good are worth reading.
    private const double MinShareOfBest = 0.6;

    private readonly List<(Passage Passage, Dictionary<string, int> Counts, int Length)> _entries = [];
    private readonly Dictionary<string, int> _passagesWithTerm = [];
    private readonly double _averageLength;

    public DocsIndex(IEnumerable<Passage> passages)
    {
        foreach (Passage passage in passages)
        {
            var counts = new Dictionary<string, int>();
            Count(counts, passage.Text, 1);
            foreach (string heading in passage.Headings)
            {
                Count(counts, heading, TitleWeight);
            }

            foreach (string term in counts.Keys)
            {
                _passagesWithTerm[term] = _passagesWithTerm.GetValueOrDefault(term) + 1;
            }

            _entries.Add((passage, counts, counts.Values.Sum()));
        }

        _averageLength = _entries.Count > 0 ? _entries.Average(static entry => entry.Length) : 1;
    }

    public IEnumerable<Passage> Passages => _entries.Select(static entry => entry.Passage);

    /// <summary>The passages that answer the question, best first; none where the docs do not speak of it.</summary>
    public IReadOnlyList<Passage> Find(string question, int count)
    {
        string[] terms = [.. SearchTerms.In(question).Distinct()];
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

    private static void Count(Dictionary<string, int> counts, string text, int weight)
    {
        foreach (string term in SearchTerms.In(text))
        {
            counts[term] = counts.GetValueOrDefault(term) + weight;
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
}
