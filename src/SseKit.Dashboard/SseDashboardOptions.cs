namespace SseKit;

/// <summary>Options of the dashboard: which of its viewers may disconnect streams and read topics.</summary>
/// <remarks>
/// A policy is evaluated for each of these requests, with the <c>HttpContext</c> as its resource. It holds in addition to the
/// authorization of the page, also if the page allows anonymous requests.
/// </remarks>
public sealed class SseDashboardOptions
{
    /// <summary>The name of the authorization policy of viewers who may disconnect streams.</summary>
    /// <value>The default is null: all viewers in the environment Development, and none in any other.</value>
    public string? DisconnectPolicy { get; set; }

    /// <summary>
    /// The name of the authorization policy of viewers who may read the events of any topic. The query parameter <c>topic</c> has the
    /// topic's name, so that a policy can decide by it.
    /// </summary>
    /// <value>The default is null: all viewers in the environment Development, and none in any other.</value>
    public string? TailPolicy { get; set; }
}
