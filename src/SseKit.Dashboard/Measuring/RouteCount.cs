namespace SseKit.Dashboard.Measuring;

/// <summary>How often something happened on a route, for one reason.</summary>
/// <param name="Route">The route's pattern; empty if there is none.</param>
/// <param name="Kind">One of the kinds below.</param>
/// <param name="Reason">The reason, as the app's metrics name it.</param>
/// <param name="Count">The number since the dashboard was mapped.</param>
internal sealed record RouteCount(string Route, string Kind, string Reason, long Count)
{
    public const string Ended = "ended";
    public const string Gap = "gap";
    public const string Rejected = "rejected";
}
