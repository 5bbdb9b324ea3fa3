namespace SseKit.Endpoints.Serving;

/// <summary>The feature of a request whose response is intercepted until it turns out to be a stream.</summary>
internal interface IResponseInterception
{
    /// <summary>Leaves the response to an endpoint that writes through SseKit.</summary>
    void StepAside();
}
