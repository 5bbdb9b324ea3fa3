using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>The store's tables in a database of the app.</summary>
public sealed class SharedDatabaseTests : SqliteTest
{
    private static readonly SseSqliteEventStoreOptions Shared = new() { SharesDatabase = true };

    [Fact]
    public async Task Tables_are_created_beside_those_of_the_app()
    {
        Execute("create table orders (id integer); insert into orders values (7); pragma user_version = 42; pragma application_id = 43");

        SqliteEventStore store = Open(Shared);
        await AppendAsync(store, "topic", "1");

        Assert.Equal(["1"], (await HeldAsync(store, "topic")).Select(Text));
        Assert.Equal(7L, Query("select id from orders"));
        Assert.Equal(42L, Query("pragma user_version"));
        Assert.Equal(43L, Query("pragma application_id"));
    }

    [Fact]
    public async Task All_names_have_the_prefix()
    {
        await AppendAsync(Open(), "topic", "1");

        Assert.Equal(0L, Query("select count(*) from sqlite_schema where not (name glob 'ssekit_*' or name glob 'sqlite_*')"));
    }

    [Fact]
    public async Task File_with_tables_of_both_opens_without_the_option()
    {
        await AppendAsync(Open(), "topic", "1");
        Execute("create table orders (id integer); pragma user_version = 42");

        SqliteEventStore store = Open();

        Assert.Equal(["1"], (await HeldAsync(store, "topic")).Select(Text));
    }

    [Fact]
    public async Task Empty_database_with_pragmas_of_the_app_is_used()
    {
        Execute("pragma user_version = 42; pragma application_id = 43");

        await AppendAsync(Open(), "topic", "1");

        Assert.Equal(42L, Query("pragma user_version"));
        Assert.Equal(43L, Query("pragma application_id"));
    }

    [Theory]
    [InlineData("none", 0)]
    [InlineData("full", 1)]
    [InlineData("incremental", 2)]
    public async Task Upkeep_keeps_the_vacuum_mode_of_the_app(string mode, long number)
    {
        Execute($"pragma auto_vacuum = {mode}; create table orders (id integer)");
        SqliteEventStore store = Open(Shared);
        for (int i = 0; i < 20; i++)
        {
            await store.AppendAsync("topic", new byte[100_000], null, null, default);
        }

        await store.DeleteAsync("topic", null, default);
        await store.Upkeep.SweepAsync().OrTimeout();

        Assert.Equal(number, Query("pragma auto_vacuum"));
    }

    [Fact]
    public async Task Journal_mode_that_the_app_changed_is_set_again()
    {
        await using (SqliteEventStore before = Open())
        {
            await AppendAsync(before, "topic", "1");
        }

        Execute("pragma journal_mode = delete");

        Open().Open();

        Assert.Equal("wal", Query("pragma journal_mode"));
    }
}
