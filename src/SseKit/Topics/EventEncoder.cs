using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>Checks the values of an event (I6) and encodes it once for all its followers. Thread-safe.</summary>
internal sealed class EventEncoder(JsonSerializerOptions jsonOptions, int maxEventSize)
{
    public ReadOnlyMemory<byte> Encode<T>(SseItem<T> item, JsonTypeInfo? jsonTypeInfo)
    {
        EventFields fields = Checked(item);
        if (jsonTypeInfo is null)
        {
            return EncodeByType(fields, item.Data);
        }

        if (item.Data is not null && !jsonTypeInfo.Type.IsInstanceOfType(item.Data))
        {
            throw new ArgumentException(
                $"The JSON metadata is for {jsonTypeInfo.Type}, but the event's data is of type {item.Data.GetType()}.",
                nameof(jsonTypeInfo));
        }

        return EncodeJson(fields, item.Data, jsonTypeInfo);
    }

    private ReadOnlyMemory<byte> EncodeByType<T>(in EventFields fields, T data)
    {
        if (data is string text)
        {
            return EventPayload.Encode(new TextEvent(fields, text), maxEventSize);
        }

        if (Utf8Value.TryGet(data, out ReadOnlyMemory<byte> utf8))
        {
            return EventPayload.Encode(new Utf8Event(fields, utf8), maxEventSize);
        }

        NestedItem.Check<T>(nameof(data));
        return EncodeJson(fields, data, JsonMetadata.For(data, jsonOptions));
    }

    private ReadOnlyMemory<byte> EncodeJson<T>(in EventFields fields, T data, JsonTypeInfo typeInfo) =>
        EventPayload.Encode(new JsonEvent(fields, JsonScratch.Serialize(data, typeInfo)), maxEventSize);

    // An id on the wire is a position in the store (I4).
    private static EventFields Checked<T>(SseItem<T> item)
    {
        if (item.EventId is not null)
        {
            throw new ArgumentException(
                "The store assigns the ids of topic events. Set no EventId; to publish an event once, use "
                + "SsePublishOptions.IdempotencyKey.",
                nameof(item));
        }

        return EventFields.ForItem(item);
    }
}
