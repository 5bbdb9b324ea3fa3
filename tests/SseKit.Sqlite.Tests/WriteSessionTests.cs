using Microsoft.Data.Sqlite;
using SQLitePCL;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.Sqlite.Writing;
using SseKit.Stores;
using SseKit.StoreSpecification;

namespace SseKit.Sqlite.Tests;

public sealed class WriteSessionTests : SqliteTest
{
    // What fails after the commit would report publishes as failed that are committed.
    [Fact]
    public void Commit_is_the_last_statement_of_its_transaction()
    {
        var options = new SseSqliteEventStoreOptions();
        var file = new DatabaseFile(FilePath, "", options);
        SqliteConnection connection = file.OpenWriter();
        using var session = new WriteSession(
            connection, file.Prepare(), new ForeignChanges(Logs.CreateLogger("store")), new EvictedEvents(), options, Time);
        bool isCommitted = false;
        raw.sqlite3_commit_hook(
            connection.Handle,
            _ =>
            {
                isCommitted = true;
                return 0;
            },
            null);
        raw.sqlite3_set_authorizer(
            connection.Handle,
            (object _, int _, string _, string _, string _, string _) => isCommitted ? raw.SQLITE_DENY : raw.SQLITE_OK,
            null);

        WriteTransaction transaction = session.Begin();
        TopicWrites.Append(transaction, StoreCalls.Request("topic", [Payload("1")]));
        session.Commit(transaction);

        Assert.True(isCommitted);
        Assert.Equal(1L, Query("select count(*) from ssekit_events"));
    }
}
