namespace SseKit.Benchmarks.Load;

/// <summary>Counts the delays of events, in buckets that are each an eighth wider than the one before. Thread-safe.</summary>
internal sealed class Delays
{
    private const double Growth = 1.125;

    private readonly long[] _buckets = new long[300];

    public void Add(long ticks)
    {
        int bucket = ticks <= 1 ? 0 : (int)Math.Ceiling(Math.Log(ticks, Growth));
        Interlocked.Increment(ref _buckets[Math.Min(bucket, _buckets.Length - 1)]);
    }

    public void Clear() => Array.Clear(_buckets);

    /// <summary>The upper bound of the bucket that contains this percentile.</summary>
    public long Percentile(double share)
    {
        if (_buckets.Sum() == 0)
        {
            return 0;
        }

        long rank = (long)Math.Ceiling(_buckets.Sum() * share);
        for (int i = 0; i < _buckets.Length; i++)
        {
            rank -= _buckets[i];
            if (rank <= 0)
            {
                return (long)Math.Pow(Growth, i);
            }
        }

        return long.MaxValue;
    }
}
