using System.Net.ServerSentEvents;
using SseKit;

namespace ScaleOut;

/// <summary>One of the app servers. All that it shares with the other is the store.</summary>
internal static class AppServer
{
    private static readonly string[] Topics = ["orders", "tabs"];

    public static async Task RunAsync(WebApplicationBuilder builder, string name)
    {
        // Standard output is for the front end, which reads the address from it.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        AddStore(builder.Services.AddSse(), builder.Configuration["store"], builder.Configuration["connection"]!);

        await using WebApplication app = builder.Build();
        app.MapSse("/feed", async (string tab, ISsePublisher publisher, CancellationToken ct) =>
        {
            await publisher.PublishAsync("tabs", new Tab(tab, name), eventType: "tab", ct);
            return SseResults.Follow(Topics, new SseFollowOptions { StartAt = SseReplayStart.Last(20) });
        });

        // The key makes it safe to repeat a request whose answer was lost: the order is stored once.
        app.MapPost("/orders/{number:int}", async (int number, ISsePublisher publisher, CancellationToken ct) =>
            await publisher.PublishAsync(
                "orders",
                new SseItem<Order>(new Order(number, name), "order"),
                new SsePublishOptions { IdempotencyKey = $"order-{number}" },
                ct));

        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());

        // Standard input ends with the front end.
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
    }

    private static void AddStore(ISseBuilder sse, string? store, string connection) => _ = store switch
    {
        "redis" => sse.AddRedisEventStore(connection),
        "postgres" => sse.AddPostgreSqlEventStore(connection),
        _ => sse.AddSqliteEventStore(connection),
    };

    private sealed record Tab(string Name, string Server);

    private sealed record Order(int Number, string Server);
}
