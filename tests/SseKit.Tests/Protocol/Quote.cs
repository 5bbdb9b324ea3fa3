namespace SseKit.Tests.Protocol;

internal sealed record Quote(string Symbol, decimal Price);
