using System.Net.ServerSentEvents;

namespace SseKit.Writing;

/// <summary>Holds the lines of an event beside its data: id, event and retry. All values are checked (I6).</summary>
internal readonly struct EventFields
{
    private EventFields(string? eventType, string? eventId, long retryMilliseconds)
    {
        EventType = eventType;
        EventId = eventId;
        RetryMilliseconds = retryMilliseconds;
    }

    /// <summary>Null if the line is omitted.</summary>
    public string? EventType { get; }

    /// <summary>Null if the line is omitted; empty resets the client's last event id (WHATWG HTML §9.2.6).</summary>
    public string? EventId { get; }

    /// <summary>Zero if the line is omitted.</summary>
    public long RetryMilliseconds { get; }

    /// <summary>An upper bound of the bytes that <see cref="FrameFormatter"/> writes for these fields.</summary>
    public int MaxEncodedLength => 64 + (3 * (EventType?.Length ?? 0)) + (EventId?.Length ?? 0);

    public bool IsEmpty => EventType is null && EventId is null && RetryMilliseconds == 0;

    public static EventFields ForType(string? eventType)
    {
        FieldValidation.CheckEventType(eventType, nameof(eventType));
        return new EventFields(OmitDefault(eventType), null, 0);
    }

    public static EventFields ForId(string eventId)
    {
        FieldValidation.CheckEventId(eventId, nameof(eventId));
        return new EventFields(null, eventId, 0);
    }

    public static EventFields ForItem<T>(SseItem<T> item)
    {
        FieldValidation.CheckEventType(item.EventType, nameof(item));
        FieldValidation.CheckEventId(item.EventId, nameof(item));
        long retry = item.ReconnectionInterval is { } interval ? FieldValidation.CheckRetry(interval, nameof(item)) : 0;
        return new EventFields(OmitDefault(item.EventType), item.EventId, retry);
    }

    private static string? OmitDefault(string? eventType) =>
        string.IsNullOrEmpty(eventType) || eventType == FieldValidation.DefaultEventType ? null : eventType;
}
