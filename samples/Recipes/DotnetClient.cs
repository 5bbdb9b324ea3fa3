using SseKit;

namespace Recipes;

internal static class DotnetClient
{
    public static Recipe Recipe { get; } = new(
        "dotnet-client", "A .NET client that reconnects where it stopped.", AddDotnetClient, MapDotnetClient);

    public static void AddDotnetClient(WebApplicationBuilder builder)
    {
        Ticker.AddTicker(builder);
        builder.Services.AddHttpClient("prices", client =>
            client.BaseAddress = new Uri(builder.Configuration["Prices:Address"] ?? "http://localhost:5000/"));
        builder.Services.AddHostedService<PriceReader>();
    }

    public static void MapDotnetClient(WebApplication app)
    {
        Ticker.MapTicker(app);

        // Ends the client's connection, to see it return.
        app.MapPost("/disconnect", (ISseConnections connections) => connections.Disconnect(_ => true));
    }
}

internal sealed partial class PriceReader(IHttpClientFactory clients, ILogger<PriceReader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using HttpClient http = clients.CreateClient("prices");
        var client = new EventStreamClient(http, gap => LogGap(logger, gap));
        try
        {
            await foreach (var price in client.ReadAsync(() => new HttpRequestMessage(HttpMethod.Get, "prices"), stoppingToken))
            {
                LogPrice(logger, price.Data);
            }
        }
        catch (HttpRequestException exception)
        {
            // Refused for good, such as by 401 or 404. An exception that leaves ExecuteAsync stops the host.
            LogRefused(logger, exception);
        }
    }

    [LoggerMessage(LogLevel.Information, "Price {Price}.")]
    private static partial void LogPrice(ILogger logger, string price);

    [LoggerMessage(LogLevel.Warning, "Prices are missing: {Gap}.")]
    private static partial void LogGap(ILogger logger, string gap);

    [LoggerMessage(LogLevel.Error, "Failed to follow the prices; no more will be read.")]
    private static partial void LogRefused(ILogger logger, Exception exception);
}
