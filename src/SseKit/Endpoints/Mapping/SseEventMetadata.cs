namespace SseKit;

/// <summary>Describes, as metadata of an endpoint, events that its stream contains. <c>ProducesSseEvents</c> adds it.</summary>
/// <remarks>It is immutable. Transformers of API descriptions can read it.</remarks>
public sealed class SseEventMetadata
{
    internal SseEventMetadata(Type dataType, IReadOnlyList<string> eventTypes)
    {
        DataType = dataType;
        EventTypes = eventTypes;
    }

    /// <summary>Gets the type of the events' data: a string is written as it is, other values as JSON.</summary>
    public Type DataType { get; }

    /// <summary>Gets the event types, at least one; <c>message</c> is the default type.</summary>
    public IReadOnlyList<string> EventTypes { get; }

    /// <inheritdoc/>
    public override string ToString() => $"Events {string.Join(", ", EventTypes)} of {DataType.Name}";
}
