using Microsoft.AspNetCore.Http;

namespace SseKit.Dashboard.Snapshots;

/// <summary>Selects the connections that a viewer's table shows.</summary>
/// <param name="Text">A part of the route, path, user, address or a topic; empty for any.</param>
/// <param name="IsSlowOnly">Whether only clients that do not read are shown.</param>
internal sealed record ConnectionFilter(string Text, bool IsSlowOnly)
{
    private const int MaxRows = 100;

    public static ConnectionFilter Of(IQueryCollection query) => new(query["filter"].ToString(), query["slow"] == "1");

    /// <summary>Returns the first rows: slow clients, then the oldest streams, so that rows do not move under the pointer.</summary>
    public TopRows<ConnectionRow> Apply(Snapshot snapshot)
    {
        SseConnectionInfo[] matching = [.. snapshot.Connections.Where(Matches)];
        IEnumerable<SseConnectionInfo> first = matching
            .OrderBy(stream => stream.UnreadSince ?? DateTimeOffset.MaxValue)
            .ThenBy(stream => stream.OpenedAt)
            .ThenBy(stream => stream.Id, StringComparer.Ordinal)
            .Take(MaxRows);
        return new TopRows<ConnectionRow>(matching.Length, [.. first.Select(stream => ConnectionRow.Of(stream, snapshot.Time))]);
    }

    private bool Matches(SseConnectionInfo stream) =>
        (!IsSlowOnly || stream.UnreadSince is not null)
        && (Text.Length == 0
            || Contains(stream.Route)
            || Contains(stream.Path)
            || Contains(stream.User)
            || stream.Topics.Any(Contains)
            || Contains(stream.RemoteAddress));

    private bool Contains(string? value) => value?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true;
}
