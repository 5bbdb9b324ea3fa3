using System.Diagnostics;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Sqlite;

/// <summary>A file that is not in the page cache: the time to open it, and the rate at which one reader reads all of it.</summary>
internal sealed class ColdReplay(string directory, int rounds, int events)
{
    private const int PageSize = 256;
    private const string Caches = "/proc/sys/vm/drop_caches";

    public async Task RunAsync()
    {
        string path = Path.Combine(directory, "replay");
        await using (SqliteStore store = SqliteStore.Open(path, SseSqliteSynchronous.Normal))
        {
            await PublishLoad.FillAsync(store.Events, "topic", events);
        }

        var opening = new List<double>();
        var reading = new List<double>();
        var index = new List<double>();
        var growth = new List<double>();
        bool cold = true;
        for (int round = 0; round <= rounds; round++)
        {
            cold &= TryDropCaches();
            long before = GC.GetTotalMemory(forceFullCollection: true);
            long started = Stopwatch.GetTimestamp();
            await using SqliteStore store = SqliteStore.Open(path, SseSqliteSynchronous.Normal);
            SseTopicState state = (await store.Events.GetStatesAsync(["topic"], CancellationToken.None))[0];
            double opened = Stopwatch.GetElapsedTime(started).TotalSeconds;
            long held = GC.GetTotalMemory(forceFullCollection: true) - before;

            // Opening has read the files, so they are removed from the page cache again.
            TryDropCaches();
            (double rate, long grown) = await ReadAsync(store.Events, state);
            if (round > 0)
            {
                opening.Add(opened);
                reading.Add(rate);
                index.Add((double)held / events);
                growth.Add(grown / 1048576.0);
            }
        }

        var table = new Table(cold ? "cold disk" : "warm disk (no right to drop its cache)", "");
        table.Add($"seconds to open {events} events", Spread.Of(opening).ToString("F2"));
        table.Add("bytes of memory for each event", Spread.Of(index).ToString("F1"));
        table.Add("events/s read by one reader", Spread.Of(reading).ToString("F0"));
        table.Add("MiB that live memory grew by while reading", Spread.Of(growth).ToString("F2"));
        table.Print();
        Directory.Delete(path, recursive: true);
    }

    private static async Task<(double Rate, long Grown)> ReadAsync(ISseEventStore store, SseTopicState state)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long started = Stopwatch.GetTimestamp();
        SsePosition position = state.Latest with { Sequence = 0 };
        long read = 0;
        while (position != state.Latest)
        {
            SseReadResult page = await store.ReadAsync("topic", position, PageSize, CancellationToken.None);
            position = position with { Sequence = page.Events[^1].Sequence };
            read += page.Events.Count;
        }

        double rate = read / Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (rate, GC.GetTotalMemory(forceFullCollection: true) - before);
    }

    private static bool TryDropCaches()
    {
        try
        {
            File.WriteAllText(Caches, "3");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
