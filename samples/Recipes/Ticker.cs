using SseKit;

namespace Recipes;

internal static class Ticker
{
    public static Recipe Recipe { get; } = new("ticker", "A background service publishes prices.", AddTicker, MapTicker);

    public static void AddTicker(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddHostedService<PriceTicker>();
    }

    public static void MapTicker(WebApplication app)
    {
        app.MapSse("/prices", () => SseResults.Follow(["prices"], new SseFollowOptions { StartAt = SseReplayStart.Last(1) }));
    }
}

internal sealed record Price(string Symbol, decimal Value);

internal sealed partial class PriceTicker(ISsePublisher publisher, ILogger<PriceTicker> logger, TimeProvider? time = null)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time ?? TimeProvider.System);
        decimal value = 100;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                value += Random.Shared.Next(-100, 101) / 100m;
                await publisher.PublishAsync("prices", new Price("ACME", value), eventType: "price", stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // An exception that leaves ExecuteAsync stops the host.
                LogPublishFailed(logger, exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Failed to publish a price; the ticker continues with the next one.")]
    private static partial void LogPublishFailed(ILogger logger, Exception exception);
}
