using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class TickerTests : RecipeTest
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Followers_get_a_price_every_second()
    {
        KestrelApp app = await StartTickerAsync();
        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/prices");

        _time.Advance(TimeSpan.FromSeconds(1));
        string first = (await client.NextAsync()).Data;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("ACME", first, StringComparison.Ordinal);
        Assert.Equal("price", (await client.NextAsync()).EventType);
    }

    [Fact]
    public async Task New_client_starts_with_the_last_price()
    {
        KestrelApp app = await StartTickerAsync();
        await using StreamClient first = await StreamClient.OpenAsync(app.CreateClient(), "/prices");
        _time.Advance(TimeSpan.FromSeconds(1));
        string price = (await first.NextAsync()).Data;

        await using StreamClient second = await StreamClient.OpenAsync(app.CreateClient(), "/prices");

        Assert.Equal(price, (await second.NextAsync()).Data);
    }

    [Fact]
    public async Task Failed_publish_is_logged_and_the_ticker_continues()
    {
        Logs.ExpectError(IsOfTicker);
        KestrelApp app = await StartTickerAsync();
        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/prices");
        await PublisherOf(app).CompleteAsync("prices");
        _time.Advance(TimeSpan.FromSeconds(1));
        await Logs.WaitForAsync(IsOfTicker);

        await PublisherOf(app).DeleteAsync("prices");
        await using StreamClient later = await StreamClient.OpenAsync(app.CreateClient(), "/prices");
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("price", (await later.NextAsync()).EventType);
    }

    private static bool IsOfTicker(LogRecord record) =>
        record.Level == LogLevel.Error && record.Message.StartsWith("Failed to publish a price", StringComparison.Ordinal);

    private async Task<KestrelApp> StartTickerAsync()
    {
        KestrelApp app = await StartAsync(Ticker.Recipe, builder => builder.Services.AddSingleton<TimeProvider>(_time));
        await _time.TimerArmedAsync(TimeSpan.FromSeconds(1));
        return app;
    }
}
