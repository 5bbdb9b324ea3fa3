using SseKit.Sqlite.Tests.Infrastructure;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Processes that start at once, each with its own store in the same file.</summary>
public sealed class CreationTests : SqliteTest
{
    [Fact]
    public async Task Stores_that_create_a_file_at_once_all_open_it()
    {
        for (int i = 0; i < 100; i++)
        {
            string path = Path.Combine(DirectoryPath, $"events {i}.db");
            SqliteEventStore[] stores = [.. Enumerable.Range(0, 16).Select(_ => Open(path: path))];

            await Task.WhenAll(stores.Select(store => Task.Run(store.Open))).OrTimeout();

            foreach (SqliteEventStore store in stores)
            {
                await store.DisposeAsync();
            }
        }
    }
}
