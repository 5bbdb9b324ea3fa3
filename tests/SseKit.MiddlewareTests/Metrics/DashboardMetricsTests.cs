using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using SseKit.Tests.Documentation;

namespace SseKit.MiddlewareTests.Metrics;

/// <summary>The dashboard and the tables of metrics.md are held to what Prometheus scrapes from an app.</summary>
public sealed class DashboardMetricsTests : ServerTest
{
    private static readonly string[] OfExporter = ["le", "otel_scope_name", "otel_scope_version", "otel_scope_schema_url"];

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Every_query_finds_its_metric_and_labels()
    {
        (PrometheusScrape scrape, _) = await ScrapeAsync();
        using var dashboard = new GrafanaDashboard();

        Assert.NotEmpty(dashboard.Queries);
        Assert.All(dashboard.Queries, query =>
        {
            Assert.True(scrape.Has(query.Metric), $"No metric {query.Metric} was scraped.");
            Assert.All(query.Labels, label => Assert.True(scrape.Has(query.Metric, label), $"{query.Metric} has no label {label}."));
        });
    }

    [Fact]
    public async Task Every_instrument_is_on_the_dashboard()
    {
        (_, IEnumerable<string> instruments) = await ScrapeAsync();
        using var dashboard = new GrafanaDashboard();

        Assert.DoesNotContain(
            instruments, instrument => !dashboard.Queries.Any(query => PrometheusScrape.IsOf(query.Metric, instrument)));
    }

    [Fact]
    public void Every_panel_uses_the_variable_of_the_data_source()
    {
        using var dashboard = new GrafanaDashboard();

        Assert.Contains(dashboard.Variables, IsDataSource);
        Assert.All(
            dashboard.Panels.Concat(dashboard.Panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray())),
            part => Assert.Equal("${datasource}", part.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.Equal(dashboard.Panels.Count(), dashboard.Panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
    }

    [Fact]
    public async Task The_documented_tags_are_those_of_the_scrape()
    {
        (PrometheusScrape scrape, IEnumerable<string> instruments) = await ScrapeAsync();
        string[][] rows = [.. MarkdownDocument.Read("src/docs/metrics.md").Prose.Select(MarkdownDocument.CellsOf).OfType<string[]>()];

        foreach (string instrument in instruments)
        {
            string[] documented = [.. Codes(rows.Single(row => row[0] == $"`{instrument}`")[3]).Select(tag => tag.Replace('.', '_'))];
            IEnumerable<string> scraped = scrape.Of(instrument).SelectMany(sample => sample.Labels.Keys).Except(OfExporter).Distinct();
            Assert.Equal(documented.Order(), scraped.Order());
            Assert.All(documented.Where(tag => tag.StartsWith("ssekit", StringComparison.Ordinal)), tag =>
            {
                string[] values = Codes(rows.Single(
                    row => row[0].Replace('.', '_') == $"`{tag}`" && "`ssekit." + row[1].Trim('`') + "`" == $"`{instrument}`")[2]);
                Assert.Empty(scrape.Of(instrument).Select(sample => sample.Labels[tag]).Except(values));
            });
        }
    }

    private static bool IsDataSource(JsonElement variable) =>
        variable.GetProperty("type").GetString() == "datasource"
        && variable.GetProperty("name").GetString() == "datasource"
        && variable.GetProperty("query").GetString() == "prometheus";

    private static string[] Codes(string cell) => cell.Length == 0 ? [] : [.. cell.Split(", ").Select(code => code.Trim('`'))];

    // Uses every instrument, and scrapes.
    private async Task<(PrometheusScrape Scrape, IEnumerable<string> Instruments)> ScrapeAsync()
    {
        KestrelApp app = await StartAsync(Map, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddSse(options => options.MaxRuns = 1);
            builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("SseKit").AddPrometheusExporter(
                exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));
        });
        using var readings = new MeterReadings(app.Services, "SseKit");
        HttpClient http = app.CreateClient();
        await FollowAsync(app, http, readings);
        await MeetLimitsAsync(http, readings);
        await MeetDeadlinesAsync(app, readings);
        var scrape = new PrometheusScrape(await http.GetStringAsync("/metrics"));

        // A run continues for as long as the stopping host allows.
        await app.Services.GetRequiredService<ISseRuns>().StopAsync("run:1");
        return (scrape, readings.Instruments.Keys);
    }

    private static async Task FollowAsync(KestrelApp app, HttpClient http, MeterReadings readings)
    {
        ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
        await using (await StreamClient.OpenAsync(http, "/follow"))
        {
            await TestTimeout.UntilAsync(async () =>
            {
                await publisher.PublishAsync("orders", "1");
                return readings.Of("ssekit.delivery.delay").Count > 0;
            });
        }

        await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        await using StreamClient unknown = await StreamClient.OpenAsync(http, "/follow", "unknown-1");
        await readings.WaitForAsync("ssekit.gaps", _ => true);
    }

    private async Task MeetLimitsAsync(HttpClient http, MeterReadings readings)
    {
        await using StreamClient first = await StreamClient.ConnectAsync(http, "/limited");
        Task<StreamClient> rejected = StreamClient.ConnectAsync(http, "/limited");
        await TestTimeout.UntilAsync(() =>
        {
            // It waits for a place first.
            _time.Advance(TimeSpan.FromMilliseconds(250));
            return rejected.IsCompleted;
        });
        await using StreamClient second = await rejected;
        await readings.WaitForAsync("ssekit.refused_connections", _ => true);
        await using StreamClient run = await StreamClient.ConnectAsync(http, "/runs/1");
        await using StreamClient other = await StreamClient.ConnectAsync(http, "/runs/2");
        await readings.WaitForAsync("ssekit.refused_runs", _ => true);
    }

    private async Task MeetDeadlinesAsync(KestrelApp app, MeterReadings readings)
    {
        using RawConnection silent = await app.ConnectAsync();
        await silent.GetAsync("/silent");
        await silent.ReadPreambleAsync();
        using RawConnection stuck = await app.ConnectAsync();
        await stuck.GetAsync("/flood");
        await TestTimeout.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return readings.Of("ssekit.write_timeouts").Count > 0 && readings.Of("ssekit.heartbeats_sent").Count > 0;
        });
    }

    private void Map(WebApplication app)
    {
        app.MapPrometheusScrapingEndpoint();
        app.MapSse("/follow", () => SseResults.Follow("orders"));
        app.MapSse("/limited", WaitAsync).WithSseConnectionLimit(1);
        app.MapSse("/silent", WaitAsync);
        app.MapSse("/runs/{id}", WaitAsync).WithSseReplay(context => "run:" + context.GetRouteValue("id"));
        app.MapSse("/flood", async (SseEventWriter events, CancellationToken ct) =>
        {
            while (true)
            {
                await events.WriteAsync(new string('x', 100_000), ct);
            }
        });
    }

    private static Task WaitAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.Infinite, cancellationToken);
}
