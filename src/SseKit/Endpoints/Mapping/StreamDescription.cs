using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using SseKit.Endpoints.Serving;

namespace SseKit.Endpoints.Mapping;

/// <summary>Describes a stream by metadata that API descriptions, and so OpenAPI documents, are made from.</summary>
internal static class StreamDescription
{
    /// <summary>
    /// Gets whether API descriptions know the type <see cref="SseItem{T}"/>. Those of .NET 10 describe it as a JSON object, which no
    /// client receives. OpenAPI documents of .NET 11 contain its data, event and id as the schema of each item.
    /// </summary>
    private static readonly bool KnowItems = Environment.Version.Major > 10;

    /// <summary>Returns the type to describe for events with data of a type.</summary>
    public static Type TypeOf<TData>() => KnowItems ? typeof(SseItem<TData>) : typeof(TData);

    /// <inheritdoc cref="TypeOf{TData}"/>
    /// <param name="itemType">The type of the handler's items, which may be <see cref="SseItem{T}"/>.</param>
    [RequiresDynamicCode("Describes the item by a generic type made at run time.")]
    public static Type TypeOf(Type itemType)
    {
        bool isItem = HandlerShape.IsItem(itemType);
        Type data = isItem ? itemType.GetGenericArguments()[0] : itemType;
        return !KnowItems ? data : isItem ? itemType : typeof(SseItem<>).MakeGenericType(itemType);
    }

    /// <summary>Describes the response as a stream, unless the endpoint already does, and the refusal of a connection.</summary>
    public static void AddStream(EndpointBuilder builder, Type type)
    {
        if (!builder.Metadata.Any(IsStream))
        {
            builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, type, [StreamHeaders.MediaType]));
            AddStatus(builder, StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>Describes the events of a stream, which replaces what is known of them from the handler.</summary>
    public static void AddEvents<TData>(EndpointBuilder builder, IReadOnlyList<string> eventTypes)
    {
        builder.Metadata.Add(new SseEventMetadata(typeof(TData), eventTypes));
        SseEventMetadata[] events = [.. builder.Metadata.OfType<SseEventMetadata>()];
        for (int i = builder.Metadata.Count - 1; i >= 0; i--)
        {
            if (IsStream(builder.Metadata[i]) || builder.Metadata[i] is EventsAttribute)
            {
                builder.Metadata.RemoveAt(i);
            }
        }

        // A response has one schema. If the events have no common one, their text remains.
        Type type = Array.TrueForAll(events, each => each.DataType == typeof(TData)) ? TypeOf<TData>() : typeof(string);
        string names = string.Join(", ", events.SelectMany(each => each.EventTypes).Distinct());
        builder.Metadata.Add(new EventsAttribute(type) { Description = $"Events: {names}." });
    }

    /// <summary>Describes how a client resumes, and the response to one that has read a complete stream.</summary>
    public static void AddResuming(EndpointBuilder builder)
    {
        // A Native AOT app writes its OpenAPI document at build time, and may lack the parameters that are described here.
        if (!RuntimeFeature.IsDynamicCodeSupported || builder.Metadata.Contains(ResumingMetadata.Header))
        {
            return;
        }

        AddStatus(builder, StatusCodes.Status204NoContent);
        foreach (ResumingMetadata parameter in (ResumingMetadata[])[ResumingMetadata.Header, ResumingMetadata.Query])
        {
            if (!builder.Metadata.OfType<IParameterBindingMetadata>().Any(parameter.IsSame))
            {
                builder.Metadata.Add(parameter);
            }
        }
    }

    private static bool IsStream(object metadata) =>
        metadata is ProducesResponseTypeMetadata response && response.ContentTypes.Contains(StreamHeaders.MediaType);

    private static void AddStatus(EndpointBuilder builder, int status)
    {
        if (!builder.Metadata.OfType<IProducesResponseTypeMetadata>().Any(response => response.StatusCode == status))
        {
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(void)));
        }
    }

    // API descriptions of .NET 10 read the description of attributes only.
    private sealed class EventsAttribute(Type type) : ProducesResponseTypeAttribute(type, StatusCodes.Status200OK, StreamHeaders.MediaType);
}
