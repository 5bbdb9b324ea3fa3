using System.Net.ServerSentEvents;
using System.Text.Json.Serialization.Metadata;

namespace SseKit;

/// <summary>
/// For packages that bring a store and a way of their own to append to it, such as within a transaction: the checks and the encoding of a publish without its append. The
/// <see cref="ISsePublisher"/> that AddSse registers implements it. Whoever appends by other means than the publisher has to call back the store's subscribers.
/// </summary>
public interface ISseEventEncoder
{
    /// <summary>The store that the publisher appends to.</summary>
    ISseEventStore Store { get; }

    /// <summary>Checks a topic's name and an idempotency key.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="idempotencyKey">The key, or null for none.</param>
    /// <exception cref="ArgumentException">One of them breaks a rule.</exception>
    void Check(string topic, string? idempotencyKey);

    /// <summary>Encodes an event as the store keeps it.</summary>
    /// <param name="item">The event, without an id.</param>
    /// <exception cref="ArgumentException">A value breaks a rule.</exception>
    ReadOnlyMemory<byte> Encode<T>(SseItem<T> item);

    /// <summary>Encodes an event whose data is a value as JSON.</summary>
    /// <param name="item">The event, without an id.</param>
    /// <param name="jsonTypeInfo">How to write the data.</param>
    /// <exception cref="ArgumentException">A value breaks a rule.</exception>
    ReadOnlyMemory<byte> Encode<T>(SseItem<T> item, JsonTypeInfo<T> jsonTypeInfo);
}
