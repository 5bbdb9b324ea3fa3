namespace SseKit.Endpoints.Serving;

/// <summary>Marks, as a feature, a request whose response is intercepted until it is known whether it is a stream.</summary>
internal interface IResponseInterception
{
    /// <summary>Ends the interception, because an endpoint writes the response through SseKit.</summary>
    void StepAside();
}
