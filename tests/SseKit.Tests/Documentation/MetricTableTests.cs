using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Documentation;

/// <summary>The tables of metrics.md are held to the meter.</summary>
public sealed class MetricTableTests : ServerTest
{
    private static readonly string[][] Rows =
        [.. MarkdownDocument.Read("src/docs/metrics.md").Prose.Select(MarkdownDocument.CellsOf).OfType<string[]>()];

    [Fact]
    public async Task The_table_of_instruments_is_complete()
    {
        KestrelApp app = await StartAsync(_ => { }, builder => builder.Services.AddSse());
        app.Services.GetRequiredService<ISsePublisher>();
        using var readings = new MeterReadings(app.Services, "SseKit");

        Assert.Equal(
            readings.Instruments.Values.Select(each => $"{each.Name} {KindOf(each)} {each.Unit}").Order(StringComparer.Ordinal),
            Rows.Where(row => row[0].StartsWith("`ssekit.", StringComparison.Ordinal) && row.Length == 4)
                .Select(row => $"{row[0].Trim('`')} {row[1]} {row[2].Trim('`')}").Order(StringComparer.Ordinal));
        Assert.All(readings.Instruments.Values, each => Assert.False(string.IsNullOrEmpty(each.Description)));
    }

    [Fact]
    public async Task Each_instrument_has_a_meaning()
    {
        KestrelApp app = await StartAsync(_ => { }, builder => builder.Services.AddSse());
        app.Services.GetRequiredService<ISsePublisher>();
        using var readings = new MeterReadings(app.Services, "SseKit");

        string[] explained = [.. Rows.Where(row => row.Length == 3).SelectMany(row => row[0].Split(", "))];

        Assert.All(readings.Instruments.Keys, name => Assert.Contains($"`{name["ssekit.".Length..]}`", explained));
    }

    // A rejected stream never was open, and an open one has a reason.
    [Fact]
    public void All_reasons_of_an_end_are_listed()
    {
        IEnumerable<string> reasons = Enum.GetValues<EndReason>().Except([EndReason.None, EndReason.Refused]).Select(StreamMetrics.Name);

        string listed = Rows.Single(row => row[0] == "`ssekit.end_reason`")[2];

        Assert.Equal(reasons.Order(), listed.Split(", ").Select(code => code.Trim('`')).Order());
    }

    // Whether it is observed makes no difference to what is exported.
    private static string KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> or ObservableCounter<long> => "counter",
        UpDownCounter<long> or ObservableUpDownCounter<long> => "up-down counter",
        Histogram<double> => "histogram",
        _ => instrument.GetType().Name,
    };
}
