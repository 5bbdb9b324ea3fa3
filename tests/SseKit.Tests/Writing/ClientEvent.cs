namespace SseKit.Tests.Writing;

/// <summary>An event as a listener in a browser gets it.</summary>
internal sealed record ClientEvent(string Type, string Data, string LastEventId);
