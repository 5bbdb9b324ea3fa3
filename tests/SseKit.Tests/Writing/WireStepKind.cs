namespace SseKit.Tests.Writing;

internal enum WireStepKind
{
    Text,
    Utf8,
    Item,
    Comment,
    EventId,
    Retry,
}
