using System.Diagnostics;

namespace SseKit.Benchmarks.Sqlite;

/// <summary>Publishers that each await their publish before the next one.</summary>
internal static class PublishLoad
{
    public const int PayloadLength = 150;

    public static readonly byte[] Payload = new byte[PayloadLength];

    /// <summary>Publishes for a while and returns the events per second.</summary>
    public static async Task<double> RunAsync(ISseEventStore store, int publishers, int milliseconds)
    {
        long started = Stopwatch.GetTimestamp();
        var time = TimeSpan.FromMilliseconds(milliseconds);
        long[] published = await Task.WhenAll(Enumerable.Range(0, publishers).Select(publisher => Task.Run(async () =>
        {
            string topic = $"topic {publisher % 32}";
            long count = 0;
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                await store.AppendAsync(Request(topic), CancellationToken.None);
                count++;
            }

            return count;
        })));
        return published.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The highest rate of one writer that waits for the disk: bare bytes, appended and flushed.</summary>
    public static double RunBare(string directory, int milliseconds)
    {
        string path = Path.Combine(directory, "bare");
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        byte[] bytes = new byte[PayloadLength + 34];
        long started = Stopwatch.GetTimestamp();
        var time = TimeSpan.FromMilliseconds(milliseconds);
        long count = 0;
        for (; Stopwatch.GetElapsedTime(started) < time; count++)
        {
            RandomAccess.Write(file, bytes, count * bytes.Length);
            RandomAccess.FlushToDisk(file);
        }

        double rate = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        file.Dispose();
        File.Delete(path);
        return rate;
    }

    /// <summary>Stores events of one topic at full speed.</summary>
    public static async Task FillAsync(ISseEventStore store, string topic, int events)
    {
        const int AtOnce = 4096;
        for (int i = 0; i < events; i += AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, events - i))
                .Select(_ => store.AppendAsync(Request(topic), CancellationToken.None).AsTask()));
        }
    }

    private static SseAppendRequest Request(string topic) => new() { Topic = topic, Payloads = [Payload] };
}
