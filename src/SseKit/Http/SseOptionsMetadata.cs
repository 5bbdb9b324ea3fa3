namespace SseKit.Http;

/// <summary>Options that an endpoint sets for itself.</summary>
internal sealed record SseOptionsMetadata(Action<SseOptions> Configure);
