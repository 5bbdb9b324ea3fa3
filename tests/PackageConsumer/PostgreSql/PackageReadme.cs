using System.Net.ServerSentEvents;
using Npgsql;
using SseKit;

namespace PackageConsumer;

/// <summary>The C# of the package's README, line by line.</summary>
internal static class PackageReadme
{
    public static void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddSse().AddPostgreSqlEventStore("Host=localhost;Database=shop;Username=shop");
    }

    public static void Map(WebApplication app)
    {
        app.MapSse("/orders", () => SseResults.Follow("orders"));
    }

    public static async Task PublishAsync(ISsePublisher publisher, NpgsqlConnection connection, Order order, CancellationToken ct)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(ct);
        await publisher.PublishAsync(
            "orders", new SseItem<Order>(order, "created"), new SsePublishOptions { Transaction = transaction }, ct);
        await transaction.CommitAsync(ct);
    }

    internal sealed record Order(int Number);
}
