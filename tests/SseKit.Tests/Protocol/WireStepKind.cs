namespace SseKit.Tests.Protocol;

internal enum WireStepKind
{
    Text,
    Utf8,
    Item,
    Comment,
    EventId,
    Retry,
}
