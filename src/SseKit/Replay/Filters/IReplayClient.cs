using Microsoft.AspNetCore.Http;

namespace SseKit.Replay.Filters;

/// <summary>Marks, as a feature, a client's request for a resumable endpoint.</summary>
internal interface IReplayClient
{
    /// <summary>Gets or sets the arguments of the handler before the first filter; null if the endpoint has no filters.</summary>
    object?[]? Bound { get; set; }

    /// <summary>Returns the client's response instead of the handler's.</summary>
    /// <param name="arguments">The arguments that a run takes from this request, by parameter.</param>
    Task<IResult> ServeAsync(Dictionary<int, object?> arguments);
}

/// <summary>Carries, as a feature, the arguments that a run's handler gets from the request that began the run.</summary>
/// <param name="ByParameter">The arguments by the index of their parameter.</param>
internal sealed record ArgumentsOfRun(IReadOnlyDictionary<int, object?> ByParameter);
