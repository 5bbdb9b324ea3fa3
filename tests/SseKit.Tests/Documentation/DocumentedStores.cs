using System.Data.Common;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace SseKit.Tests.Documentation;

/// <summary>The code of stores/*.md.</summary>
internal static class DocumentedStores
{
    internal interface IOrders
    {
        Task InsertAsync(Order order, DbTransaction transaction, CancellationToken ct);
    }

    public static void Add(WebApplicationBuilder builder, NpgsqlDataSource dataSource)
    {
        builder.Services.AddSse().AddPostgreSqlEventStore(dataSource);
        builder.Services.AddSse().AddSqliteEventStore("events.db", options => options.MaxAge = TimeSpan.FromDays(30));
        builder.Services.AddSse().AddSqliteEventStore("shop.db", options => options.SharesDatabase = true);
        builder.Services.AddSse().AddRedisEventStore(services => services.GetRequiredService<IConnectionMultiplexer>());
    }

    public static async Task PublishInSqliteAsync(ISsePublisher publisher, IOrders orders, Order order, CancellationToken ct)
    {
        await using var connection = new SqliteConnection("Data Source=shop.db");
        await connection.OpenAsync(ct);
        await using SqliteTransaction transaction = connection.BeginTransaction();
        await orders.InsertAsync(order, transaction, ct);
        await publisher.PublishAsync(
            "orders", new SseItem<Order>(order, "created"), new SsePublishOptions { Transaction = transaction }, ct);
        await transaction.CommitAsync(ct);          // followers receive it within PollInterval, or never
    }

    public static async Task PublishInPostgreSqlAsync(
        DbConnection connection, ISsePublisher publisher, IOrders orders, Order order, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await orders.InsertAsync(order, transaction, ct);
        await publisher.PublishAsync(
            "orders", new SseItem<Order>(order, "created"), new SsePublishOptions { Transaction = transaction }, ct);
        await transaction.CommitAsync(ct);          // followers on every server receive it now, or never
    }

    internal sealed record Order(int Number);
}
