using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class TelemetryTests : RecipeTest
{
    [Fact]
    public async Task Prometheus_reads_open_streams_and_why_they_ended()
    {
        KestrelApp app = await StartAsync(Telemetry.Recipe);
        StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/prices");

        await ReadUntilAsync(app, "ssekit_active_connections", " 1 ");
        await client.DisposeAsync();

        await ReadUntilAsync(app, "ssekit_active_connections", " 0 ");
        await ReadUntilAsync(app, "ssekit_connection_duration_seconds_count", "ssekit_end_reason=\"client_left\"");
    }

    private static Task ReadUntilAsync(KestrelApp app, string metric, string text) => TestTimeout.UntilAsync(async () =>
        (await app.CreateClient().GetStringAsync("/metrics")).Split('\n').Any(line =>
            line.StartsWith(metric, StringComparison.Ordinal)
            && line.Contains("http_route=\"/prices\"", StringComparison.Ordinal)
            && $"{line} ".Contains(text, StringComparison.Ordinal)));
}
