namespace SseKit.Tests.Writing;

internal sealed record Quote(string Symbol, decimal Price);
