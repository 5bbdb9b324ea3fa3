using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Recipes.Tests.Infrastructure;
using SseKit;

namespace Recipes.Tests;

/// <summary>The outbox, on each database.</summary>
public sealed class OutboxTests : RecipeTest
{
    private readonly TemporaryDirectory _directory = new();
    private KestrelApp _app = null!;
    private HttpClient _http = null!;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _directory.Delete();
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Saved_order_reaches_followers(string database)
    {
        await StartShopAsync(database);
        await using StreamClient client = await StreamClient.OpenAsync(_http, "/orders");

        await OrderAsync("tea", 2);

        var placed = await client.NextAsync();
        using JsonDocument order = JsonDocument.Parse(placed.Data);
        Assert.Equal("placed", placed.EventType);
        Assert.Equal(("tea", 1), (order.RootElement.GetProperty("item").GetString(), order.RootElement.GetProperty("id").GetInt32()));
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Client_that_was_cut_gets_the_orders_that_it_missed(string database)
    {
        await StartShopAsync(database);
        StreamClient first = await StreamClient.OpenAsync(_http, "/orders");
        await first.DisposeAsync();
        await OrderAsync("missed", 1);

        await using StreamClient again = await StreamClient.OpenAsync(_http, "/orders", first.LastEventId);

        Assert.Contains("missed", (await again.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Order_that_the_database_refuses_is_not_published(string database)
    {
        await StartShopAsync(database);
        ExpectFailedSave();
        await using StreamClient client = await StreamClient.OpenAsync(_http, "/orders");

        using HttpResponseMessage refused = await _http.PostAsJsonAsync("/orders", new { item = "none", quantity = 0 });
        await OrderAsync("some", 1);

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Contains("some", (await client.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Order_whose_event_is_refused_is_not_saved(string database)
    {
        await StartShopAsync(database);
        ExpectFailedSave();
        await PublisherOf(_app).CompleteAsync("orders");

        using HttpResponseMessage refused = await _http.PostAsJsonAsync("/orders", new { item = "tea", quantity = 1 });

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Rollback_of_the_caller_takes_the_event_back(string database)
    {
        await StartShopAsync(database);
        await using StreamClient client = await StreamClient.OpenAsync(_http, "/orders");
        await using (AsyncServiceScope scope = _app.Services.CreateAsyncScope())
        {
            ShopContext shop = scope.ServiceProvider.GetRequiredService<ShopContext>();
            await using var transaction = await shop.Database.BeginTransactionAsync();
            shop.Orders.Add(new Order { Item = "taken back", Quantity = 1 });
            await shop.SaveChangesAsync();
            await transaction.RollbackAsync();
        }

        await OrderAsync("kept", 1);

        Assert.Contains("kept", (await client.NextAsync()).Data, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync());
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Context_saves_nothing_more_after_a_failed_publish(string database)
    {
        await StartShopAsync(database);
        await PublisherOf(_app).CompleteAsync("orders");
        await using AsyncServiceScope scope = _app.Services.CreateAsyncScope();
        ShopContext shop = scope.ServiceProvider.GetRequiredService<ShopContext>();
        shop.Orders.Add(new Order { Item = "tea", Quantity = 1 });

        await Assert.ThrowsAsync<SseTopicCompletedException>(() => shop.SaveChangesAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => shop.SaveChangesAsync());

        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData("sqlite")]
    [PostgreSqlData]
    public async Task Saving_without_publishing_is_refused(string database)
    {
        await StartShopAsync(database);
        await using AsyncServiceScope scope = _app.Services.CreateAsyncScope();
        ShopContext shop = scope.ServiceProvider.GetRequiredService<ShopContext>();
        shop.Orders.Add(new Order { Item = "silent", Quantity = 1 });

        Assert.Throws<NotSupportedException>(() => shop.SaveChanges());
    }

    private async Task StartShopAsync(string database)
    {
        string setting = database == "sqlite" ? "Shop:File" : "ConnectionStrings:Shop";
        string value = database == "sqlite" ? Path.Combine(_directory.Path, "shop.db") : await PostgreSqlDatabase.CreateAsync();
        _app = await StartAsync(Outbox.Recipe, builder => builder.Configuration[setting] = value);
        _http = _app.CreateClient();
    }

    private void ExpectFailedSave() => Logs.ExpectError(record =>
        record.Category.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal)
        || record.Category == "Microsoft.AspNetCore.Server.Kestrel");

    private async Task OrderAsync(string item, int quantity) =>
        (await _http.PostAsJsonAsync("/orders", new { item, quantity }).OrTimeout()).EnsureSuccessStatusCode().Dispose();

    private async Task<int> CountAsync()
    {
        await using AsyncServiceScope scope = _app.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ShopContext>().Orders.CountAsync();
    }
}
