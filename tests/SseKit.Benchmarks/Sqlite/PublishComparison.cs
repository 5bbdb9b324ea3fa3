using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Sqlite;

/// <summary>The rate of publishers that wait for the disk, alone and together, beside a bare loop that appends and flushes.</summary>
internal sealed class PublishComparison(string directory, int rounds, int milliseconds)
{
    private static readonly int[] Publishers = [1, 16, 256];

    public async Task RunAsync()
    {
        var bare = new List<double>();
        var rates = new Dictionary<(SseSqliteSynchronous Sync, int Publishers), List<double>>();

        // The first round warms up.
        for (int round = 0; round <= rounds; round++)
        {
            // The first bare run absorbs the disk's remaining work of the previous round.
            PublishLoad.RunBare(directory, milliseconds);
            double bareRate = PublishLoad.RunBare(directory, milliseconds);
            if (round > 0)
            {
                bare.Add(bareRate);
            }

            foreach (SseSqliteSynchronous sync in Enum.GetValues<SseSqliteSynchronous>())
            {
                foreach (int publishers in Publishers)
                {
                    double rate = await MeasureAsync(sync, publishers);
                    if (round > 0)
                    {
                        rates.TryAdd((sync, publishers), []);
                        rates[(sync, publishers)].Add(rate);
                    }
                }
            }
        }

        var table = new Table("synchronous", "publishers", "events/s", "of the bare loop", "of one publisher");
        table.Add("bare loop", "1", Spread.Of(bare).ToString("F0"), "1", "");
        foreach (((SseSqliteSynchronous sync, int publishers), List<double> measured) in rates)
        {
            table.Add(
                sync.ToString(),
                $"{publishers}",
                Spread.Of(measured).ToString("F0"),
                Spread.Ratio(measured, bare).ToString("F2"),
                Spread.Ratio(measured, rates[(sync, 1)]).ToString("F1"));
        }

        table.Print();
    }

    private async Task<double> MeasureAsync(SseSqliteSynchronous sync, int publishers)
    {
        string path = Path.Combine(directory, "publish");
        double rate;
        await using (SqliteStore store = SqliteStore.Open(path, sync))
        {
            rate = await PublishLoad.RunAsync(store.Events, publishers, milliseconds);
        }

        Directory.Delete(path, recursive: true);
        return rate;
    }
}
