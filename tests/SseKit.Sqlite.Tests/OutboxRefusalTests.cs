using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.Sqlite.Tests;

/// <summary>Failing appends within transactions of the app: they change nothing, and the exception names the cause.</summary>
public sealed class OutboxRefusalTests : OutboxTest
{
    [Fact]
    public async Task Transaction_of_another_type_is_refused()
    {
        SqliteEventStore store = await StartStoreAsync();
        await using var transaction = new OtherTransaction();

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.AppendAsync(transaction, StoreCalls.Request("topic", [new byte[1]]), default));

        Assert.Contains("is a OtherTransaction, but must be a SqliteTransaction", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("other.db")]
    [InlineData(":memory:")]
    public async Task Transaction_of_another_file_is_refused(string name)
    {
        SqliteEventStore store = await StartStoreAsync();
        string path = name == ":memory:" ? name : Path.Combine(DirectoryPath, name);
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteTransaction transaction = connection.BeginTransaction();

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => AppendAsync(store, transaction, "topic", "1"));

        // SQLite's names have no symbolic links, as the temporary directory of macOS is one.
        using SqliteConnection own = Connect();
        Assert.Contains($"'{DatabaseFile.NameOf(connection)}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"'{DatabaseFile.NameOf(own)}'", exception.Message, StringComparison.Ordinal);
    }

    [ResolvedLinkFact]
    public async Task Transaction_by_a_symbolic_link_to_the_file_is_used()
    {
        SqliteEventStore store = await StartStoreAsync();
        string link = Path.Combine(DirectoryPath, "link.db");
        File.CreateSymbolicLink(link, FilePath);
        using var connection = new SqliteConnection($"Data Source={link};Pooling=False");
        connection.Open();
        using SqliteTransaction transaction = connection.BeginTransaction();

        await AppendAsync(store, transaction, "topic", "1");
        await transaction.CommitAsync();

        Assert.Equal(["1"], await HeldAsync(store, "topic"));
    }

    [Theory]
    [InlineData("Commit")]
    [InlineData("Rollback")]
    [InlineData("Dispose")]
    [InlineData("Close")]
    [InlineData("rollback by a statement")]
    public async Task Ended_transaction_is_refused(string end)
    {
        SqliteEventStore store = await StartStoreAsync();
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();
        Action ending = end switch
        {
            "Commit" => transaction.Commit,
            "Rollback" => transaction.Rollback,
            "Dispose" => transaction.Dispose,
            "Close" => connection.Close,
            _ => () => Execute(connection, "rollback"),
        };
        ending();

        await Assert.ThrowsAsync<InvalidOperationException>(() => AppendAsync(store, transaction, "topic", "1"));

        Assert.Empty(await HeldAsync(store, "topic"));
    }

    [Fact]
    public async Task Transaction_continues_after_refused_appends()
    {
        SqliteEventStore store = await StartStoreAsync();
        await store.CompleteAsync("completed", SseTopicStatus.Completed, null, default);
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, "insert into orders values (1)");

        await Assert.ThrowsAsync<SseTopicCompletedException>(() => AppendAsync(store, transaction, "completed", "late", key: "key"));
        await Assert.ThrowsAsync<SseStaleEpochException>(() => AppendAsync(store, transaction, "new", "late", epoch: "another"));
        bool isUnused = await SqliteTest.StateAsync(store, "new") is { Latest.Sequence: 0 };
        await AppendAsync(store, transaction, "topic", "1");
        await transaction.CommitAsync();

        Assert.True(isUnused);
        Assert.Equal(1L, Query("select count(*) from orders"));
        Assert.Equal("completed,topic", Query("select group_concat(name) from ssekit_topics"));
        Assert.Equal(["1"], await HeldAsync(store, "topic"));
    }

    [Fact]
    public async Task Epoch_that_is_current_is_accepted()
    {
        SqliteEventStore store = await StartStoreAsync();
        SsePosition unused = (await SqliteTest.StateAsync(store, "topic")).Latest;
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();

        SsePosition position = await AppendAsync(store, transaction, "topic", "1", epoch: unused.Epoch);
        await transaction.CommitAsync();

        Assert.Equal(unused with { Sequence = 1 }, position);
    }

    [Fact]
    public async Task Failed_write_leaves_the_transaction_without_the_append()
    {
        SqliteEventStore store = await StartStoreAsync();
        using SqliteConnection connection = Connect();
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, "create temp trigger failing before update on main.ssekit_store begin select raise(fail, 'test'); end");

        IOException exception = await Assert.ThrowsAsync<IOException>(() => AppendAsync(store, transaction, "topic", "1"));
        Execute(connection, "drop trigger failing");
        await AppendAsync(store, transaction, "topic", "2");
        await transaction.CommitAsync();

        Assert.Contains($"'{FilePath}'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["2"], await HeldAsync(store, "topic"));
    }

    [Fact]
    public async Task Connection_that_does_not_flush_needs_a_store_with_Normal()
    {
        SqliteEventStore full = await StartStoreAsync();
        SqliteEventStore normal = await StartStoreAsync(options => options.Synchronous = SseSqliteSynchronous.Normal);
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        Execute(connection, "pragma synchronous = normal");
        using SqliteTransaction transaction = connection.BeginTransaction();

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => AppendAsync(full, transaction, "topic", "1"));
        await AppendAsync(normal, transaction, "topic", "2");
        await transaction.CommitAsync();

        Assert.Contains("pragma synchronous = 1", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["2"], await HeldAsync(normal, "topic"));
    }

    [Fact]
    public async Task Append_by_a_read_only_connection_names_the_cause()
    {
        SqliteEventStore store = await StartStoreAsync();
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);

        IOException exception = await Assert.ThrowsAsync<IOException>(() => AppendAsync(store, transaction, "topic", "1"));

        Assert.Contains($"'{FilePath}' is read-only", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deferred_transaction_beside_another_writer_fails_and_can_continue()
    {
        SqliteEventStore store = await StartStoreAsync();
        using SqliteConnection connection = Connect();
        connection.DefaultTimeout = 1;
        using SqliteTransaction deferred = connection.BeginTransaction(deferred: true);
        using (SqliteConnection other = Connect())
        using (other.BeginTransaction())
        {
            IOException exception = await Assert.ThrowsAsync<IOException>(() => AppendAsync(store, deferred, "topic", "1"));

            Assert.Contains($"'{FilePath}' is locked", exception.Message, StringComparison.Ordinal);
        }

        await AppendAsync(store, deferred, "topic", "2");
        await deferred.CommitAsync();

        Assert.Equal(["2"], await HeldAsync(store, "topic"));
    }

    private sealed class OtherTransaction : DbTransaction
    {
        public override IsolationLevel IsolationLevel => IsolationLevel.Serializable;

        protected override DbConnection? DbConnection => null;

        public override void Commit()
        {
        }

        public override void Rollback()
        {
        }
    }
}
