using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>A limit on an endpoint's connections for each key, and where the key is found. A null key is not limited.</summary>
internal sealed record SseConnectionLimitMetadata(SseConnectionLimit Limit, Func<HttpContext, string?> Key);
