namespace SseKit.MiddlewareTests.App;

public sealed record Question(string Text);
