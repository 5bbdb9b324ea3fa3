namespace SseKit;

/// <summary>Lists the answers to a request that may not begin a run and finds none.</summary>
public enum SseMissingRun
{
    /// <summary>Status 404 with problem details.</summary>
    NotFound,

    /// <summary>Status 204, which also ends an <c>EventSource</c> without an error in its console.</summary>
    NoContent,
}
