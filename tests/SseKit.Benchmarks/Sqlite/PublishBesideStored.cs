using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Sqlite;

/// <summary>Measures whether a publish costs more if many events are stored.</summary>
internal sealed class PublishBesideStored(string directory, int rounds, int milliseconds, int events)
{
    public async Task RunAsync()
    {
        var table = new Table("synchronous", $"publish beside {events} events, time of one beside none");
        foreach (SseSqliteSynchronous sync in (SseSqliteSynchronous[])[SseSqliteSynchronous.Full, SseSqliteSynchronous.Normal])
        {
            await using SqliteStore full = SqliteStore.Open(Path.Combine(directory, "full"), sync);
            await using SqliteStore empty = SqliteStore.Open(Path.Combine(directory, "empty"), sync);
            await PublishLoad.FillAsync(full.Events, "topic 0", events);
            var ratios = new List<double>();
            for (int round = 0; round <= rounds; round++)
            {
                double beside = await PublishLoad.RunAsync(full.Events, 1, milliseconds);
                double alone = await PublishLoad.RunAsync(empty.Events, 1, milliseconds);
                if (round > 0)
                {
                    ratios.Add(alone / beside);
                }
            }

            table.Add(sync.ToString(), Spread.Of(ratios).ToString("F2"));
            await full.DisposeAsync();
            await empty.DisposeAsync();
            Directory.Delete(full.Path, recursive: true);
            Directory.Delete(empty.Path, recursive: true);
        }

        table.Print();
    }
}
