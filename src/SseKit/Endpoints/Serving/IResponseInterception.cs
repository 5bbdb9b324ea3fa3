using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>Marks, as a feature, a request whose response is intercepted until it is known whether it is a stream.</summary>
internal interface IResponseInterception
{
    /// <summary>The connection of the intercepted stream; null if the response is no stream, or not yet known to be one.</summary>
    StreamConnection? Connection { get; }

    /// <summary>Ends the interception, because an endpoint writes the response through SseKit.</summary>
    void StepAside();
}
