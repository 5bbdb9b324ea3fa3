using System.Net.ServerSentEvents;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using SseKit;

namespace Recipes;

internal static class Outbox
{
    public static Recipe Recipe { get; } = new("outbox", "EF Core saves an order and publishes it, both or neither.", AddOutbox, MapOutbox);

    public static void AddOutbox(WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetConnectionString("Shop") is { } shop)
        {
            builder.Services.AddSse().AddPostgreSqlEventStore(shop);
            builder.Services.AddDbContext<ShopContext>(options => options.UseNpgsql(shop));
        }
        else
        {
            string file = builder.Configuration["Shop:File"] ?? "shop.db";
            builder.Services.AddSse().AddSqliteEventStore(file, options => options.SharesDatabase = true);
            builder.Services.AddDbContext<ShopContext>(options => options.UseSqlite($"Data Source={file}"));
        }
    }

    public static void MapOutbox(WebApplication app)
    {
        using (IServiceScope scope = app.Services.CreateScope())
        {
            // Before any use of ISsePublisher: it creates no tables beside those of the event store. Migrations may run at any time.
            scope.ServiceProvider.GetRequiredService<ShopContext>().Database.EnsureCreated();
        }

        app.MapPost("/orders", async (NewOrder order, ShopContext shop, CancellationToken ct) =>
        {
            var placed = new Order { Item = order.Item, Quantity = order.Quantity };
            shop.Orders.Add(placed);
            await shop.SaveChangesAsync(ct);
            return Results.Ok(placed);
        });

        app.MapSse("/orders", () => SseResults.Follow("orders"));
    }
}

internal sealed record NewOrder(string Item, int Quantity);

internal sealed class Order
{
    public int Id { get; set; }

    public required string Item { get; set; }

    public int Quantity { get; set; }
}

internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    private bool _isRolledBack;

    public DbSet<Order> Orders => Set<Order>();

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken ct = default)
    {
        if (_isRolledBack)
        {
            // The context takes the orders of the failed save for saved, and would save nothing.
            throw new InvalidOperationException("An earlier save was rolled back. Add the orders to another ShopContext.");
        }

        Order[] added = [.. ChangeTracker.Entries<Order>().Where(entry => entry.State == EntityState.Added).Select(entry => entry.Entity)];

        // A transaction that the caller has begun is the caller's to commit.
        await using IDbContextTransaction? own = Database.CurrentTransaction is null ? await Database.BeginTransactionAsync(ct) : null;
        int rows = await base.SaveChangesAsync(acceptAllChangesOnSuccess, ct);
        _isRolledBack = true;
        var publisher = this.GetService<ISsePublisher>();
        var publish = new SsePublishOptions { Transaction = Database.CurrentTransaction!.GetDbTransaction() };
        foreach (Order order in added)
        {
            await publisher.PublishAsync("orders", new SseItem<Order>(order, "placed"), publish, ct);
        }

        if (own is not null)
        {
            await own.CommitAsync(ct);
        }

        _isRolledBack = false;
        return rows;
    }

    // It would save without publishing.
    public override int SaveChanges(bool acceptAllChangesOnSuccess) =>
        throw new NotSupportedException("ShopContext publishes what it saves. Call SaveChangesAsync instead.");

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.Entity<Order>().ToTable(table => table.HasCheckConstraint("quantity", "\"Quantity\" > 0"));
}
