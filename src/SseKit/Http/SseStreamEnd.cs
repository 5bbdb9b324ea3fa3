namespace SseKit.Http;

/// <summary>How a stream has ended for its client.</summary>
internal enum SseStreamEnd
{
    /// <summary>The response is complete.</summary>
    Complete,

    /// <summary>The response is complete, and its last event reports the failure.</summary>
    FailureReported,

    /// <summary>The connection is aborted, so that what was sent does not look complete.</summary>
    Broken,

    /// <summary>No stream was opened; the response is what other code makes of it.</summary>
    Unopened,

    /// <summary>The response was over before.</summary>
    Earlier,
}
