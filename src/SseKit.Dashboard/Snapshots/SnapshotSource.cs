using System.Runtime.InteropServices;
using System.Text.Json;
using SseKit.Dashboard.Measuring;

namespace SseKit.Dashboard.Snapshots;

/// <summary>Makes snapshots of an app: counts its streams by route, user and topic, and adds what was measured.</summary>
internal sealed class SnapshotSource(DashboardApp app, ISseRuns runs, RouteCounters counters, TopicStates topics)
{
    // The most rows of each list: the overview is sent to each viewer every second. (I8)
    private const int MaxRows = 50;
    private const int MaxUsers = 20;

    public Snapshot Take(RateMeter rates)
    {
        DateTimeOffset now = app.Time.GetUtcNow();
        IReadOnlyList<SseConnectionInfo> all = app.Connections.GetConnections();
        SseConnectionInfo[] streams = [.. all.Where(stream => !app.IsOwnRoute(stream.Route))];
        IReadOnlyList<SseRun> active = runs.GetRuns();
        IReadOnlyList<RouteCount> counts = counters.Read();
        (double Events, double Bytes)? rate = rates.Read();
        var overview = new Overview
        {
            App = app.Name,
            Counted = ConnectionRow.Seconds(now - counters.Since),
            Open = streams.Length,
            Slow = streams.Count(IsSlow),
            Own = all.Count - streams.Length,
            Gaps = SumOf(counts, RouteCount.Gap),
            Rejected = SumOf(counts, RouteCount.Rejected),
            EventRate = rate?.Events,
            ByteRate = rate?.Bytes,
            Routes = RoutesOf(streams, counts),
            Users = UsersOf(streams),
            Topics = TopicsOf(streams, active),
            StoreFault = topics.Fault,
            Runs = new TopRows<RunRow>(
                active.Count, [.. active.OrderBy(run => run.StartedAt).Take(MaxRows).Select(run => RowOf(run, now))]),
        };
        return new Snapshot(now, JsonSerializer.SerializeToUtf8Bytes(overview, DashboardJson.Shared.Overview), streams);
    }

    private static bool IsSlow(SseConnectionInfo stream) => stream.UnreadSince is not null;

    private static long SumOf(IEnumerable<RouteCount> counts, string kind) =>
        counts.Where(count => count.Kind == kind).Sum(count => count.Count);

    private static TopRows<RouteRow> RoutesOf(SseConnectionInfo[] streams, IReadOnlyList<RouteCount> counts)
    {
        ILookup<string, SseConnectionInfo> open = streams.ToLookup(stream => stream.Route ?? "");
        ILookup<string, RouteCount> counted = counts.ToLookup(count => count.Route);
        string[] routes = [.. open.Select(group => group.Key).Union(counted.Select(group => group.Key))];
        IEnumerable<RouteRow> rows = routes.Select(route => new RouteRow(
            route,
            open[route].Count(),
            open[route].Count(IsSlow),
            CountsOf(counted[route], RouteCount.Ended),
            CountsOf(counted[route], RouteCount.Gap),
            CountsOf(counted[route], RouteCount.Rejected)));
        return new TopRows<RouteRow>(
            routes.Length,
            [.. rows.OrderByDescending(row => row.Open).ThenBy(row => row.Route, StringComparer.Ordinal).Take(MaxRows)]);
    }

    private static CountRow[] CountsOf(IEnumerable<RouteCount> counts, string kind) =>
        [.. counts.Where(count => count.Kind == kind).OrderByDescending(count => count.Count)
            .Select(count => new CountRow(count.Reason, count.Count))];

    private static TopRows<CountRow> UsersOf(SseConnectionInfo[] streams)
    {
        Dictionary<string, int> counts = [];
        foreach (string user in streams.Select(stream => stream.User).OfType<string>())
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, user, out _)++;
        }

        return new TopRows<CountRow>(
            counts.Count, [.. Largest(counts, MaxUsers).Select(each => new CountRow(ConnectionRow.Shorten(each.Key)!, each.Value))]);
    }

    private TopRows<TopicRow> TopicsOf(SseConnectionInfo[] streams, IReadOnlyList<SseRun> active)
    {
        Dictionary<string, int> followers = [];
        foreach (string topic in streams.SelectMany(stream => stream.Topics))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(followers, topic, out _)++;
        }

        foreach (SseRun run in active)
        {
            followers.TryAdd(run.Topic, 0);
        }

        KeyValuePair<string, int>[] largest = [.. Largest(followers, MaxRows)];
        topics.Refresh([.. largest.Select(each => each.Key)]);
        return new TopRows<TopicRow>(followers.Count, [.. largest.Select(each => topics.RowOf(each.Key, each.Value))]);
    }

    private static IEnumerable<KeyValuePair<string, int>> Largest(Dictionary<string, int> counts, int rows) =>
        counts.OrderByDescending(each => each.Value).ThenBy(each => each.Key, StringComparer.Ordinal).Take(rows);

    private static RunRow RowOf(SseRun run, DateTimeOffset now) => new(
        run.Topic, ConnectionRow.Shorten(run.Route), ConnectionRow.Seconds(now - run.StartedAt), run.Followers, run.IsStopping);
}
