namespace SseKit.Endpoints.Mapping;

/// <summary>Marks a result that writes its stream through SseKit, so that its response needs no interception.</summary>
internal interface IOwnStreamResult;
