using System.Collections.Concurrent;

namespace SseKit.Dashboard.Snapshots;

/// <summary>The app's streams at one moment. One snapshot serves all viewers.</summary>
/// <param name="Time">The moment.</param>
/// <param name="Overview">The overview as JSON, made once.</param>
/// <param name="Connections">The app's open streams, from which each viewer's table is made.</param>
internal sealed record Snapshot(DateTimeOffset Time, ReadOnlyMemory<byte> Overview, IReadOnlyList<SseConnectionInfo> Connections)
{
    private readonly ConcurrentDictionary<ConnectionFilter, TopRows<ConnectionRow>> _tables = new();

    /// <summary>Returns the rows that a filter selects, which viewers with the same filter share.</summary>
    public TopRows<ConnectionRow> TableOf(ConnectionFilter filter) => _tables.GetOrAdd(filter, each => each.Apply(this));
}
