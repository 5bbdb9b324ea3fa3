using System.Net.ServerSentEvents;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SseKit.Tests.Writing;

/// <summary>One call of a writer, and whether I6 allows it, by other code than the writer's.</summary>
internal sealed record WireStep(WireStepKind Kind, string Text, string? EventType, string? EventId, TimeSpan? Retry)
{
    public static Gen<WireStep> Any { get; } =
        from kind in Gen.Elements(Enum.GetValues<WireStepKind>())
        from text in WireValues.Text
        from eventType in WireValues.EventType
        from eventId in WireValues.EventId
        from retry in WireValues.Retry
        select Of(kind, text, eventType, eventId, retry);

    public bool IsEvent => Kind is WireStepKind.Text or WireStepKind.Utf8 or WireStepKind.Item;

    public bool IsAllowed =>
        (EventType is null || EventType.IndexOfAny(['\r', '\n', '\0']) < 0)
        && (EventId is null || (EventId.Length <= 128 && EventId.Trim(' ') == EventId && EventId.All(c => c is >= ' ' and <= '~')))
        && (Retry is not { } retry || (retry.TotalMilliseconds is >= 1 and <= int.MaxValue && retry.Ticks % 10_000 == 0));

    public async Task WriteToAsync(SseEventWriter events)
    {
        switch (Kind)
        {
            case WireStepKind.Text:
                await events.WriteAsync(Text, EventType);
                break;
            case WireStepKind.Utf8:
                await events.WriteAsync(Encoding.UTF8.GetBytes(Text), EventType);
                break;
            case WireStepKind.Item:
                await events.WriteAsync(new SseItem<string>(Text, EventType) { EventId = EventId, ReconnectionInterval = Retry });
                break;
            case WireStepKind.Comment:
                await events.WriteCommentAsync(Text);
                break;
            case WireStepKind.EventId:
                await events.WriteEventIdAsync(EventId!);
                break;
            case WireStepKind.Retry:
                await events.WriteRetryAsync(Retry!.Value);
                break;
        }
    }

    // A step has only the values of its call, so that its expectation depends on them alone.
    private static WireStep Of(WireStepKind kind, string text, string? eventType, string? eventId, TimeSpan? retry) => kind switch
    {
        WireStepKind.Item => new WireStep(kind, text, eventType, eventId, retry),
        WireStepKind.EventId => new WireStep(kind, "", null, eventId ?? "", null),
        WireStepKind.Retry => new WireStep(kind, "", null, null, retry ?? TimeSpan.FromSeconds(1)),
        WireStepKind.Comment => new WireStep(kind, text, null, null, null),
        _ => new WireStep(kind, text, eventType, null, null),
    };
}
