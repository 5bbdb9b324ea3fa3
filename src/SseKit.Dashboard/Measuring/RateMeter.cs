using System.Diagnostics.Metrics;

namespace SseKit.Dashboard.Measuring;

/// <summary>Measures how many events and bytes the app writes. It exists only while the dashboard has viewers.</summary>
internal sealed class RateMeter : IDisposable
{
    private readonly TimeProvider _time;
    private readonly MeterListener _listener;
    private readonly Counter _events = new();
    private readonly Counter _bytes = new();
    private long _readAt;

    public RateMeter(AppMeter meter, TimeProvider time)
    {
        _time = time;
        _readAt = time.GetTimestamp();
        _listener = meter.CreateListener(new Dictionary<string, object>
        {
            ["ssekit.events_sent"] = _events,
            ["ssekit.bytes_sent"] = _bytes,
        });
        _listener.SetMeasurementEventCallback<long>(Add);
        _listener.Start();
    }

    /// <summary>Returns the events and bytes for each second since the last call; null if no time has passed.</summary>
    public (double Events, double Bytes)? Read()
    {
        TimeSpan elapsed = _time.GetElapsedTime(_readAt);
        if (elapsed < TimeSpan.FromMilliseconds(1))
        {
            return null;
        }

        _readAt = _time.GetTimestamp();
        return (_events.Take() / elapsed.TotalSeconds, _bytes.Take() / elapsed.TotalSeconds);
    }

    public void Dispose() => _listener.Dispose();

    private static void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (!OwnStream.IsCurrent)
        {
            ((Counter)state!).Add(value);
        }
    }

    private sealed class Counter
    {
        private long _value;

        public void Add(long value) => Interlocked.Add(ref _value, value);

        public long Take() => Interlocked.Exchange(ref _value, 0);
    }
}
