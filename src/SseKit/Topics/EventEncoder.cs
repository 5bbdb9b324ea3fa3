using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>Checks the values of an event (I6) and encodes it once for all its followers. Thread-safe.</summary>
/// <param name="jsonOptions">The app's options of JSON.</param>
/// <param name="maxEventSize">The most bytes of data in one event.</param>
/// <param name="storesTraces">Whether events carry the trace context of their publish.</param>
internal sealed class EventEncoder(JsonSerializerOptions jsonOptions, int maxEventSize, bool storesTraces = false)
{
    /// <param name="item">The event.</param>
    /// <param name="jsonTypeInfo">The metadata of its data; null for that of its type.</param>
    /// <param name="publish">The activity of the publish; null for the caller's.</param>
    public ReadOnlyMemory<byte> Encode<T>(SseItem<T> item, JsonTypeInfo? jsonTypeInfo, Activity? publish = null)
    {
        EventFields fields = Checked(item);
        string? traceParent = storesTraces ? TraceParentOf(publish ?? Activity.Current) : null;
        if (jsonTypeInfo is null)
        {
            return EncodeByType(fields, item.Data, traceParent);
        }

        if (item.Data is not null && !jsonTypeInfo.Type.IsInstanceOfType(item.Data))
        {
            throw new ArgumentException(
                $"The JSON metadata is for {jsonTypeInfo.Type}, but the event's data is of type {item.Data.GetType()}.",
                nameof(jsonTypeInfo));
        }

        return EncodeJson(fields, item.Data, jsonTypeInfo, traceParent);
    }

    private ReadOnlyMemory<byte> EncodeByType<T>(in EventFields fields, T data, string? traceParent)
    {
        if (data is string text)
        {
            return EventPayload.Encode(new TextEvent(fields, text), maxEventSize, traceParent);
        }

        if (Utf8Value.TryGet(data, out ReadOnlyMemory<byte> utf8))
        {
            return EventPayload.Encode(new Utf8Event(fields, utf8), maxEventSize, traceParent);
        }

        NestedItem.Check<T>(nameof(data));
        return EncodeJson(fields, data, JsonMetadata.For(data, jsonOptions), traceParent);
    }

    private ReadOnlyMemory<byte> EncodeJson<T>(in EventFields fields, T data, JsonTypeInfo typeInfo, string? traceParent) =>
        EventPayload.Encode(new JsonEvent(fields, JsonScratch.Serialize(data, typeInfo)), maxEventSize, traceParent);

    private static string? TraceParentOf(Activity? activity) => activity is { IdFormat: ActivityIdFormat.W3C } ? activity.Id : null;

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
