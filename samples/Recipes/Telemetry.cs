using OpenTelemetry.Metrics;

namespace Recipes;

internal static class Telemetry
{
    public static Recipe Recipe { get; } = new("telemetry", "Prometheus reads the metrics of streams.", AddTelemetry, MapTelemetry);

    public static void AddTelemetry(WebApplicationBuilder builder)
    {
        Ticker.AddTicker(builder);
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("SseKit")
            .AddPrometheusExporter());
    }

    public static void MapTelemetry(WebApplication app)
    {
        Ticker.MapTicker(app);
        app.MapPrometheusScrapingEndpoint("/metrics");
    }
}
