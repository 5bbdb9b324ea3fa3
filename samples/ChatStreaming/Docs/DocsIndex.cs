namespace ChatStreaming.Docs;

/// <summary>Finds the section that answers a question, by its words (Okapi BM25), and in it the passages with those words.</summary>
internal sealed class DocsIndex
{
    // The usual constants: the saturation of repeated words, and the penalty for long sections.
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.6;

    // A section must contain this share of the question's terms, weighted by rarity. A smaller share is a coincidence.
    private const double MinCoverage = 0.7;

    // Text explains more than a table.
    private const double TableWeight = 0.1;

    // The page of the sample is about the sample.
    private const double SampleWeight = 0.8;

    // A quoted passage has at least this share of the terms of the best one in its section.
    private const double MinShareOfBest = 0.5;

    // A section of at most this length is quoted whole.
    private const int MaxWholeSection = 700;

    private readonly List<DocsSection> _sections;
    private readonly Dictionary<string, int> _sectionsWithTerm = [];
    private readonly double _averageLength;

    public DocsIndex(IEnumerable<Passage> passages)
    {
        _sections = [.. passages.GroupBy(static passage => passage.Origin).Select(static section => new DocsSection([.. section]))];
        foreach (string term in _sections.SelectMany(static section => section.AllTerms))
        {
            _sectionsWithTerm[term] = _sectionsWithTerm.GetValueOrDefault(term) + 1;
        }

        _averageLength = _sections.Count > 0 ? _sections.Average(static section => section.Length) : 1;
    }

    public IEnumerable<Passage> Passages => _sections.SelectMany(static section => section.Passages);

    /// <summary>The passages that answer the question, in the order of the docs; none if the docs have no answer.</summary>
    public IReadOnlyList<Passage> Find(string question, int count)
    {
        string[][] terms = [.. SearchTerms.WithSynonyms(question)];
        DocsSection? best = terms.Length == 0 ? null : _sections
            .Where(section => Coverage(section, terms) >= MinCoverage)
            .MaxBy(section => Score(section, terms));
        return best is null ? [] : PassagesOf(best, terms, count);
    }

    /// <summary>The passages of the section that answers the question, and of the sections after it in its file.</summary>
    public IReadOnlyList<Passage> FindWithRest(string question)
    {
        if (Find(question, 1) is not [var best, ..])
        {
            return [];
        }

        int first = Passages.Where(passage => passage.Origin == best.Origin).Min(static passage => passage.Position);
        return [.. Passages.Where(passage => passage.Source == best.Source && passage.Position >= first)];
    }

    // The whole section, if it is short or its title names what the question is about.
    private List<Passage> PassagesOf(DocsSection section, string[][] terms, int count)
    {
        bool isShort = section.Passages.Sum(static passage => passage.Text.Length) <= MaxWholeSection;
        if (isShort || Share(terms, section.Title.Contains) > 0.5)
        {
            return [.. section.Passages];
        }

        var ranked = section.Passages
            .Select((passage, index) => (Passage: passage, Share: Share(terms, section.Terms[index].Contains)))
            .OrderByDescending(static each => each.Share)
            .ToList();
        return [.. ranked.Where(each => each.Share >= MinShareOfBest * ranked[0].Share).Take(count).Select(static each => each.Passage)];
    }

    // A term in a title counts half as much again.
    private double Coverage(DocsSection section, string[][] terms) =>
        Share(terms, term => section.CountOf(term) > 0) + (Share(terms, section.Title.Contains) / 2);

    /// <summary>The share of the terms for which a condition holds, weighted by rarity.</summary>
    private double Share(string[][] terms, Predicate<string> isMet) =>
        terms.Where(alternatives => alternatives.Any(term => isMet(term))).Sum(Rarity) / terms.Sum(Rarity);

    private double Rarity(string[] alternatives)
    {
        int holders = alternatives.Max(term => _sectionsWithTerm.GetValueOrDefault(term));
        return Math.Log(1 + ((_sections.Count - holders + 0.5) / (holders + 0.5)));
    }

    // A section whose titles are about the question is better than one that mentions the same words.
    private double Score(DocsSection section, string[][] terms)
    {
        return terms.Sum(alternatives => Score(section, alternatives))
            * Math.Min(1, Coverage(section, terms))
            * (1 + Share(terms, section.Title.Contains))
            * (1 - TableWeight + (TableWeight * section.ShareOfText))
            * (section.Passages[0].Source.StartsWith("samples/", StringComparison.Ordinal) ? SampleWeight : 1);
    }

    private double Score(DocsSection section, string[] alternatives)
    {
        int occurrences = alternatives.Sum(section.CountOf);
        return Rarity(alternatives) * occurrences * (Saturation + 1)
            / (occurrences + (Saturation * (1 - LengthWeight + (LengthWeight * section.Length / _averageLength))));
    }
}
