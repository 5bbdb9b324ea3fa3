namespace SseKit.Benchmarks.Sqlite;

/// <summary>
/// The SQLite store on the disk of a directory: publishing, reading from a cold disk, and publishing beside many stored events.
/// </summary>
internal static class SqliteBenchmark
{
    public static async Task RunAsync(string? directory, int rounds, int milliseconds, int events, string? only)
    {
        string path = Path.GetFullPath(directory ?? Directory.CreateTempSubdirectory("ssekit-").FullName);
        try
        {
            if (only is null or "publish")
            {
                await new PublishComparison(path, rounds, milliseconds).RunAsync();
            }

            if (only is null or "replay")
            {
                await new ColdReplay(path, rounds, events).RunAsync();
            }

            if (only is null or "beside")
            {
                await new PublishBesideStored(path, rounds, milliseconds, events).RunAsync();
            }
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
