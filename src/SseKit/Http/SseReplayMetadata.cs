using Microsoft.AspNetCore.Http;

namespace SseKit.Http;

/// <summary>The topic of an endpoint that became resumable, and its options.</summary>
internal sealed record SseReplayMetadata(Func<HttpContext, ValueTask<string>> Topic, SseReplayOptions Options);
