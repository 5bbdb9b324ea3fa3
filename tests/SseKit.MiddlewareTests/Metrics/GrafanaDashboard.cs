using System.Text.Json;
using System.Text.RegularExpressions;
using SseKit.Tests.Documentation;

namespace SseKit.MiddlewareTests.Metrics;

/// <summary>The queries of the dashboard that the documentation offers for import.</summary>
internal sealed partial class GrafanaDashboard : IDisposable
{
    // Prometheus adds these labels to what it scrapes.
    private static readonly string[] OfTarget = ["job", "instance"];

    private readonly JsonDocument _json = JsonDocument.Parse(RepositoryFiles.Read("src/docs/grafana.json"));

    public IEnumerable<JsonElement> Panels =>
        _json.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() != "row");

    public IEnumerable<JsonElement> Variables => _json.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray();

    /// <summary>The metric and the labels of each query, those of the variables included.</summary>
    public IReadOnlyList<Query> Queries =>
    [
        .. Panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(QueryOf),
        .. Variables.Where(variable => variable.GetProperty("type").GetString() == "query").Select(variable =>
            OfVariable().Match(variable.GetProperty("definition").GetString()!)).Select(match =>
                new Query(match.Groups[1].Value, [match.Groups[2].Value])).Where(query => !OfTarget.Contains(query.Labels[0])),
    ];

    public void Dispose() => _json.Dispose();

    private static Query QueryOf(JsonElement target)
    {
        string text = target.GetProperty("expr").GetString()!;
        Match selector = Selector().Match(text);
        string[] grouped = [.. By().Matches(text).SelectMany(match => match.Groups[1].Value.Split(", "))];
        IEnumerable<string> selected = SelectedLabel().Matches(selector.Groups[2].Value).Select(match => match.Groups[1].Value);
        IEnumerable<string> legend =
            Legend().Matches(target.GetProperty("legendFormat").GetString()!).Select(match => match.Groups[1].Value);
        Assert.Empty(legend.Except(grouped));
        return new Query(selector.Groups[1].Value, [.. grouped.Concat(selected).Except(OfTarget)]);
    }

    [GeneratedRegex(@"(\w+)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(\w+)=~")]
    private static partial Regex SelectedLabel();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex By();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Legend();

    [GeneratedRegex(@"^label_values\((\w+), (\w+)\)$")]
    private static partial Regex OfVariable();

    internal sealed record Query(string Metric, string[] Labels);
}
