using System.Diagnostics;
using System.Diagnostics.Metrics;
using SseKit.Connections;

namespace SseKit.Topics;

/// <summary>
/// Measures publishes, deliveries and reads of the store. What is only counted is observed: a listener reads it, and counting calls no code
/// of the app. Thread-safe.
/// </summary>
internal sealed class TopicMetrics
{
    /// <summary>The timestamp of what was not measured.</summary>
    public const long NotMeasured = long.MinValue;

    private readonly SafeInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _publishes;
    private readonly Histogram<double> _deliveries;
    private long _behind;
    private long _reads;
    private long _failedReads;
    private long _replayed;

    public TopicMetrics(StreamMetrics metrics, TimeProvider time)
    {
        _instruments = metrics.Instruments;
        _time = time;
        Meter meter = metrics.Meter;
        _publishes = meter.CreateHistogram(
            "ssekit.publish.duration", "s", "How long appends to the store took, with their outcome.", advice: Short());
        _deliveries = meter.CreateHistogram(
            "ssekit.delivery.delay",
            "s",
            "The time from the append of an event to the flush that carried it to a live follower.",
            advice: Short());
        meter.CreateObservableUpDownCounter(
            "ssekit.followers_behind",
            () => Interlocked.Read(ref _behind),
            "{follower}",
            "Followers that read the store, because the shared tail does not reach back to their position.");
        meter.CreateObservableCounter("ssekit.store_reads", Reads, "{read}", "Reads of the store for followers, with their outcome.");
        meter.CreateObservableCounter(
            "ssekit.replayed_events",
            () => Interlocked.Read(ref _replayed),
            "{event}",
            "Events read from the store that were older than the stream for which they were read.");
    }

    public bool MeasuresPublishes => _publishes.Enabled;

    public bool MeasuresDeliveries => _deliveries.Enabled;

    public long Now => _time.GetTimestamp();

    public void Published(long since, PublishOutcome outcome) =>
        _instruments.Record(_publishes, _time.GetElapsedTime(since), new TagList { { "ssekit.outcome", outcome.Name } });

    /// <summary>Records a flush to a live follower.</summary>
    /// <param name="appendedAt">When its oldest event was appended, or <see cref="NotMeasured"/>.</param>
    public void Delivered(long appendedAt)
    {
        if (appendedAt != NotMeasured)
        {
            _instruments.Record(_deliveries, _time.GetElapsedTime(appendedAt));
        }
    }

    public void FallsBehind() => Interlocked.Increment(ref _behind);

    public void CatchesUp() => Interlocked.Decrement(ref _behind);

    public void StoreWasRead() => Interlocked.Increment(ref _reads);

    public void StoreReadFailed() => Interlocked.Increment(ref _failedReads);

    public void Replayed(long events) => Interlocked.Add(ref _replayed, events);

    private IEnumerable<Measurement<long>> Reads() =>
    [
        new(Interlocked.Read(ref _reads), new KeyValuePair<string, object?>("ssekit.outcome", "answered")),
        new(Interlocked.Read(ref _failedReads), new KeyValuePair<string, object?>("ssekit.outcome", "failed")),
    ];

    // The default buckets are for milliseconds.
    private static InstrumentAdvice<double> Short() => new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };
}
