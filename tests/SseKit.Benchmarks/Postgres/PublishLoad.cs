using System.Diagnostics;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Postgres;

/// <summary>Publishers that each publish again when the last publish completes.</summary>
internal static class PublishLoad
{
    /// <returns>Publishes per second.</returns>
    public static async Task<double> RateAsync(int publishers, TimeSpan duration, Func<int, long, ValueTask> publish)
    {
        long started = Stopwatch.GetTimestamp();
        long[] counts = await Task.WhenAll(Enumerable.Range(0, publishers).Select(publisher => Task.Run(async () =>
        {
            long count = 0;
            for (; Stopwatch.GetElapsedTime(started) < duration; count++)
            {
                await publish(publisher, count);
            }

            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <returns>The milliseconds of consecutive publishes.</returns>
    public static async Task<Spread> LatencyAsync(int count, Func<ValueTask> publish)
    {
        var milliseconds = new List<double>(count);
        for (int i = 0; i < count; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await publish();
            milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return Spread.Of(milliseconds);
    }
}
