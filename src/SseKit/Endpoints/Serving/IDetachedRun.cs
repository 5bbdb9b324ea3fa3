namespace SseKit.Endpoints.Serving;

/// <summary>The feature of a request whose handler runs detached from its clients: its bytes go to a topic.</summary>
internal interface IDetachedRun;
