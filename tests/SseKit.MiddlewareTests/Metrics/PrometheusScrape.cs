using System.Text.RegularExpressions;

namespace SseKit.MiddlewareTests.Metrics;

/// <summary>The samples of a scrape in Prometheus' text format.</summary>
internal sealed partial class PrometheusScrape
{
    private readonly List<Sample> _samples = [];

    public PrometheusScrape(string text)
    {
        foreach (Match match in text.Split('\n').Select(line => SampleLine().Match(line)).Where(match => match.Success))
        {
            _samples.Add(new Sample(
                match.Groups[1].Value,
                Label().Matches(match.Groups[2].Value).ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value)));
        }
    }

    public IReadOnlyList<Sample> Samples => _samples;

    public bool Has(string metric) => _samples.Exists(sample => sample.Metric == metric);

    public bool Has(string metric, string label) => _samples.Exists(sample => sample.Metric == metric && sample.Labels.ContainsKey(label));

    /// <summary>The samples of an instrument, whose name the exporter completes by its unit and kind.</summary>
    public IEnumerable<Sample> Of(string instrument) => _samples.Where(sample => IsOf(sample.Metric, instrument));

    public static bool IsOf(string metric, string instrument) =>
        metric.StartsWith(instrument.Replace('.', '_'), StringComparison.Ordinal) && Ending().IsMatch(metric[instrument.Length..]);

    [GeneratedRegex(@"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? ")]
    private static partial Regex SampleLine();

    [GeneratedRegex(@"(\w+)=""((?:[^""\\]|\\.)*)""")]
    private static partial Regex Label();

    [GeneratedRegex("^(_seconds|_bytes)?(_total|_bucket|_count|_sum)?$")]
    private static partial Regex Ending();

    internal sealed record Sample(string Metric, IReadOnlyDictionary<string, string> Labels);
}
