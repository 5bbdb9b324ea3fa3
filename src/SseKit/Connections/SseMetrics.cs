using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SseKit.Connections;

/// <summary>The instruments of the meter <c>SseKit</c>. The README lists their names; they are part of the public contract.</summary>
internal sealed class SseMetrics
{
    public const string MeterName = "SseKit";

    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _events;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _heartbeats;
    private readonly Counter<long> _writeTimeouts;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _gaps;

    public SseMetrics(IMeterFactory? factory)
    {
        // The factory owns the meters that it makes; one without a factory lives as long as the process.
        Meter meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _active = meter.CreateUpDownCounter<long>("ssekit.active_connections", "{connection}", "Streams that are open.");
        _duration = meter.CreateHistogram(
            "ssekit.connection.duration", "s", "How long streams were open, with the reason of their end.", advice: LongRunning());
        _events = meter.CreateCounter<long>("ssekit.events_sent", "{event}", "Events written to clients.");
        _bytes = meter.CreateCounter<long>("ssekit.bytes_sent", "By", "Bytes written to clients, heartbeats included.");
        _heartbeats = meter.CreateCounter<long>("ssekit.heartbeats_sent", "{heartbeat}", "Heartbeats written in silence.");
        _writeTimeouts = meter.CreateCounter<long>("ssekit.write_timeouts", "{connection}", "Connections aborted because the client did not read.");
        _refused = meter.CreateCounter<long>("ssekit.refused_connections", "{connection}", "Connections told to come back later, with the limit they met.");
        _gaps = meter.CreateCounter<long>("ssekit.gaps", "{gap}", "Clients told that events they missed are no longer held.");
    }

    public void Started(string? route) => _active.Add(1, Tags(route));

    public void Ended(string? route, SseEndReason reason, TimeSpan duration)
    {
        _active.Add(-1, Tags(route));
        if (_duration.Enabled)
        {
            TagList tags = Tags(route);
            tags.Add("ssekit.end_reason", Name(reason));
            _duration.Record(duration.TotalSeconds, tags);
        }
    }

    public void Written(int events, long bytes)
    {
        if (events != 0 && _events.Enabled)
        {
            _events.Add(events);
        }

        if (_bytes.Enabled)
        {
            _bytes.Add(bytes);
        }
    }

    public void HeartbeatSent() => _heartbeats.Add(1);

    public void WriteTimedOut(string? route) => _writeTimeouts.Add(1, Tags(route));

    public void GapReported(string? route, bool expired)
    {
        TagList tags = Tags(route);
        tags.Add("ssekit.gap_reason", expired ? "expired" : "unknown");
        _gaps.Add(1, tags);
    }

    public void Refused(string? route, SseRefusal refusal)
    {
        TagList tags = Tags(route);
        tags.Add("ssekit.refusal", refusal switch
        {
            SseRefusal.MaxConnections => "max_connections",
            SseRefusal.ConnectionLimit => "connection_limit",
            _ => "stopping",
        });
        _refused.Add(1, tags);
    }

    public static string Name(SseEndReason reason) => reason switch
    {
        SseEndReason.Completed => "completed",
        SseEndReason.ClientLeft => "client_left",
        SseEndReason.Shutdown => "shutdown",
        SseEndReason.Lifetime => "lifetime",
        SseEndReason.WriteTimeout => "write_timeout",
        SseEndReason.Failed => "failed",
        SseEndReason.Refused => "refused",
        _ => "none",
    };

    private static TagList Tags(string? route) => route is null ? [] : new TagList { { "http.route", route } };

    // Streams live for seconds to hours; the default buckets end at ten seconds.
    private static InstrumentAdvice<double> LongRunning() => new()
    {
        HistogramBucketBoundaries = [0.1, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400],
    };
}
