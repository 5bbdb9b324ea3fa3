using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>A file that cannot be used fails with an error that names it; reads continue if they can, and publishes recover.</summary>
public sealed class FaultTests : SqliteTest
{
    [Fact]
    public void Open_in_missing_directory_names_the_path()
    {
        string path = Path.Combine(DirectoryPath, "missing", "events.db");

        var exception = Assert.Throws<DirectoryNotFoundException>(Open(path: path).Open);

        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_file_that_is_no_database_changes_nothing()
    {
        byte[] content = new byte[5000];
        Array.Fill(content, (byte)'x');
        await File.WriteAllBytesAsync(FilePath, content);

        var exception = Assert.Throws<IOException>(Open().Open);

        Assert.Contains($"'{FilePath}' is not an SQLite database", exception.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(FilePath));
    }

    [Fact]
    public async Task Open_database_of_another_application_changes_nothing()
    {
        Execute("create table orders (id integer)");
        byte[] content = await File.ReadAllBytesAsync(FilePath);

        var exception = Assert.Throws<IOException>(Open().Open);

        Assert.Contains($"'{FilePath}' is a database of something else", exception.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(FilePath));
    }

    [Fact]
    public async Task Open_newer_schema_version_is_refused()
    {
        await CreateAsync();
        Execute("update ssekit_store set version = 2");

        var exception = Assert.Throws<IOException>(Open().Open);

        Assert.Contains($"'{FilePath}' has schema version 2", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_to_read_only_file_fails_and_reads_continue()
    {
        Logs.ExpectError(record => record.Id == SqliteLogEvents.WriteFailed);
        await CreateAsync();
        SqliteEventStore store = Open(path: $"Data Source={FilePath};Mode=ReadOnly");

        var exception = await Assert.ThrowsAsync<IOException>(() => AppendAsync(store, "topic", "2"));

        Assert.Contains($"'{FilePath}' is read-only", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["1"], (await HeldAsync(store, "topic")).Select(Text));
    }

    [Fact]
    public async Task Publish_to_locked_file_fails_until_it_is_free()
    {
        Logs.ExpectError(record => record.Id == SqliteLogEvents.WriteFailed);
        SqliteEventStore store = await CreateAsync();
        using (SqliteConnection other = Connect())
        {
            Execute(other, "begin immediate");

            var exception = await Assert.ThrowsAsync<IOException>(() => AppendAsync(store, "topic", "2"));

            Assert.Contains($"'{FilePath}' is locked", exception.Message, StringComparison.Ordinal);
            Assert.Equal(["1"], (await HeldAsync(store, "topic")).Select(Text));
        }

        Assert.Equal(2, (await AppendAsync(store, "topic", "2")).Sequence);
        Assert.Single(Logs.Records, record => record.Id == SqliteLogEvents.WriteRecovered);
    }

    [Fact]
    public async Task Read_of_damaged_file_names_the_path()
    {
        Logs.ExpectError(record => record.Id == SqliteLogEvents.WriteFailed);
        await (await CreateAsync()).DisposeAsync();
        await using (FileStream file = File.OpenWrite(FilePath))
        {
            file.Position = 4096;
            await file.WriteAsync(new byte[file.Length - 4096]);
        }

        SqliteEventStore store = Open();

        var exception = await Assert.ThrowsAsync<IOException>(() => StateAsync(store, "topic"));

        Assert.Contains($"'{FilePath}' is damaged", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_to_full_file_fails_and_loses_nothing()
    {
        Logs.ExpectError(record => record.Id == SqliteLogEvents.WriteFailed);
        SqliteEventStore store = Open(path: FilePath);
        store.Open();
        await AppendAsync(store, "topic", "0");
        await store.Writes.RunAsync(transaction => transaction["pragma max_page_count = 100"].Number(), default);

        (int published, IOException failure) = await FillAsync(store);
        int held = (await HeldAsync(store, "topic")).Count;
        SsePosition next = await AppendAsync(store, "topic", "next");

        Assert.Contains($"'{FilePath}' is full", failure.Message, StringComparison.Ordinal);
        Assert.Equal(published + 1, held);
        Assert.Equal(published + 2, next.Sequence);
    }

    [TmpfsFact]
    public async Task Publish_to_full_disk_works_again_after_disk_has_room()
    {
        Logs.ExpectError(record => record.Id == SqliteLogEvents.WriteFailed);
        string disk = Directory.CreateDirectory(Path.Combine(DirectoryPath, "disk")).FullName;
        Assert.True(TmpfsFactAttribute.Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk));
        try
        {
            string path = Path.Combine(disk, "events.db");
            string ballast = Path.Combine(disk, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[256 * 1024]);
            await using SqliteEventStore store = Open(path: path);

            (int published, IOException failure) = await FillAsync(store);
            int held = (await HeldAsync(store, "topic")).Count;
            File.Delete(ballast);
            SsePosition next = await AppendAsync(store, "topic", "next");
            await store.DisposeAsync();

            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.Equal(published, held);
            Assert.Equal(published + 1, next.Sequence);
            await using SqliteEventStore reopened = Open(path: path);
            Assert.Equal(next, (await StateAsync(reopened, "topic")).Latest);
        }
        finally
        {
            Assert.True(TmpfsFactAttribute.Run("umount", "-l", disk));
        }
    }

    private static async Task<(int Published, IOException Failure)> FillAsync(SqliteEventStore store)
    {
        for (int published = 0; ; published++)
        {
            try
            {
                await store.AppendAsync("topic", new byte[1000], null, null, default).AsTask().OrTimeout();
            }
            catch (IOException exception)
            {
                return (published, exception);
            }
        }
    }

    private async Task<SqliteEventStore> CreateAsync()
    {
        SqliteEventStore store = Open();
        await AppendAsync(store, "topic", "1");
        return store;
    }
}
