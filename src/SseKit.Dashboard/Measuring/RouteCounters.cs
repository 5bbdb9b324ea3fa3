using System.Diagnostics.Metrics;

namespace SseKit.Dashboard.Measuring;

/// <summary>
/// Counts the ends, gaps and rejections of each route, by their reasons. It listens from the mapping of the dashboard on: what happened
/// before a viewer came is what the viewer looks for, and none of it happens often. Thread-safe.
/// </summary>
internal sealed class RouteCounters : IDisposable
{
    // Routes are the app's own and few. An app that creates endpoints for its users must not fill the memory. (I8)
    private const int MaxCounters = 2000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Route, string Kind, string Reason), long> _counts = [];
    private readonly Func<string?, bool> _isIgnored;
    private readonly MeterListener _listener;

    /// <param name="meter">The app's instruments.</param>
    /// <param name="isIgnored">Returns whether a route is not counted.</param>
    /// <param name="time">The app's clock.</param>
    public RouteCounters(AppMeter meter, Func<string?, bool> isIgnored, TimeProvider time)
    {
        Since = time.GetUtcNow();
        _isIgnored = isIgnored;
        _listener = meter.CreateListener(new Dictionary<string, object>
        {
            ["ssekit.connection.duration"] = new Source(RouteCount.Ended, "ssekit.end_reason"),
            ["ssekit.gaps"] = new Source(RouteCount.Gap, "ssekit.gap_reason"),
            ["ssekit.refused_connections"] = new Source(RouteCount.Rejected, "ssekit.refusal"),
            ["ssekit.refused_runs"] = new Source(RouteCount.Rejected, "ssekit.refusal"),
        });
        _listener.SetMeasurementEventCallback<long>((_, value, tags, source) => Add((Source)source!, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, _, tags, source) => Add((Source)source!, 1, tags));
    }

    /// <summary>Gets the time of the first count.</summary>
    public DateTimeOffset Since { get; }

    public void Start() => _listener.Start();

    public IReadOnlyList<RouteCount> Read()
    {
        lock (_gate)
        {
            return [.. _counts.Select(each => new RouteCount(each.Key.Route, each.Key.Kind, each.Key.Reason, each.Value))];
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Source source, long count, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? route = Find(tags, "http.route");
        if (_isIgnored(route))
        {
            return;
        }

        var key = (route ?? "", source.Kind, Find(tags, source.ReasonTag) ?? "");
        lock (_gate)
        {
            if (_counts.TryGetValue(key, out long before) || _counts.Count < MaxCounters)
            {
                _counts[key] = before + count;
            }
        }
    }

    private static string? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == name)
            {
                return tag.Value as string;
            }
        }

        return null;
    }

    private sealed record Source(string Kind, string ReasonTag);
}
