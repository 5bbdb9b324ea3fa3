namespace SseKit.Endpoints.Serving;

/// <summary>Marks, as a feature, a request whose handler runs detached from its clients and writes to a topic.</summary>
internal interface IDetachedRun
{
    /// <summary>Records that the last event of the stream reports the handler's failure.</summary>
    void OnFailureReported();
}
