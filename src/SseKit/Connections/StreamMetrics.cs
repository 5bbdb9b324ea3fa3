using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>
/// Measures streams and runs. <c>docs/metrics.md</c> lists all instruments of the meter; their names are part of the public contract.
/// </summary>
internal sealed class StreamMetrics
{
    private const string MeterName = "SseKit";

    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _events;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _heartbeats;
    private readonly Counter<long> _writeTimeouts;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _gaps;
    private readonly UpDownCounter<long> _activeRuns;
    private readonly Counter<long> _refusedRuns;

    public StreamMetrics(IMeterFactory? factory, ILogger logger)
    {
        // The factory disposes its meters; a meter without a factory lives as long as the process.
        Meter meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        Meter = meter;
        Instruments = new SafeInstruments(logger);
        _active = meter.CreateUpDownCounter<long>("ssekit.active_connections", "{connection}", "Streams that are open.");
        _duration = meter.CreateHistogram(
            "ssekit.connection.duration", "s", "How long streams were open, with the reason of their end.", advice: LongRunning());
        _events = meter.CreateCounter<long>("ssekit.events_sent", "{event}", "Events written to clients.");
        _bytes = meter.CreateCounter<long>("ssekit.bytes_sent", "By", "Bytes written to clients, heartbeats included.");
        _heartbeats = meter.CreateCounter<long>("ssekit.heartbeats_sent", "{heartbeat}", "Heartbeats written in silence.");
        _writeTimeouts = meter.CreateCounter<long>(
            "ssekit.write_timeouts", "{connection}", "Connections aborted because the client did not read.");
        _refused = meter.CreateCounter<long>(
            "ssekit.refused_connections", "{connection}", "Connections that were rejected, with the limit.");
        _gaps = meter.CreateCounter<long>(
            "ssekit.gaps", "{gap}", "Gaps that were reported to clients: missed events that are no longer held.");
        _activeRuns = meter.CreateUpDownCounter<long>("ssekit.active_runs", "{run}", "Handlers of resumable endpoints that run.");
        _refusedRuns = meter.CreateCounter<long>("ssekit.refused_runs", "{run}", "Runs that did not begin, with the limit they met.");
    }

    /// <summary>The meter of the app, to which other layers add their instruments.</summary>
    public Meter Meter { get; }

    public SafeInstruments Instruments { get; }

    public void Started(string? route) => Instruments.Add(_active, 1, Tags(route));

    public void Ended(string? route, EndReason reason, TimeSpan duration)
    {
        Instruments.Add(_active, -1, Tags(route));
        TagList tags = Tags(route);
        tags.Add("ssekit.end_reason", Name(reason));
        Instruments.Record(_duration, duration, tags);
    }

    public void Written(int events, long bytes)
    {
        if (events != 0 && _events.Enabled)
        {
            Instruments.Add(_events, events);
        }

        if (_bytes.Enabled)
        {
            Instruments.Add(_bytes, bytes);
        }
    }

    public void HeartbeatSent() => Instruments.Add(_heartbeats, 1);

    public void WriteTimedOut(string? route) => Instruments.Add(_writeTimeouts, 1, Tags(route));

    public void GapReported(string? route, bool expired)
    {
        TagList tags = Tags(route);
        tags.Add("ssekit.gap_reason", expired ? "expired" : "unknown");
        Instruments.Add(_gaps, 1, tags);
    }

    public void Refused(string? route, RejectionReason refusal)
    {
        TagList tags = Tags(route);
        tags.Add("ssekit.refusal", refusal switch
        {
            RejectionReason.MaxConnections => "max_connections",
            RejectionReason.ConnectionLimit => "connection_limit",
            _ => "stopping",
        });
        Instruments.Add(_refused, 1, tags);
    }

    public void RunStarted(string? route) => Instruments.Add(_activeRuns, 1, Tags(route));

    public void RunEnded(string? route) => Instruments.Add(_activeRuns, -1, Tags(route));

    public void RunRefused(string? route, PlaceResult place)
    {
        TagList tags = Tags(route);
        tags.Add("ssekit.refusal", place == PlaceResult.Full ? "max_runs" : "run_limit");
        Instruments.Add(_refusedRuns, 1, tags);
    }

    public static string Name(EndReason reason) => reason switch
    {
        EndReason.Completed => "completed",
        EndReason.ClientLeft => "client_left",
        EndReason.Shutdown => "shutdown",
        EndReason.Lifetime => "lifetime",
        EndReason.WriteTimeout => "write_timeout",
        EndReason.Failed => "failed",
        EndReason.Aborted => "aborted",
        EndReason.Cancelled => "cancelled",
        EndReason.Disconnected => "disconnected",
        EndReason.Unauthorized => "unauthorized",
        EndReason.Refused => "refused",
        _ => "none",
    };

    private static TagList Tags(string? route) => route is null ? [] : new TagList { { "http.route", route } };

    // Streams live for seconds to hours; the default buckets end at ten seconds.
    private static InstrumentAdvice<double> LongRunning() => new()
    {
        HistogramBucketBoundaries = [0.1, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400],
    };
}
