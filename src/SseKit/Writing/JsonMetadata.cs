using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SseKit.Writing;

/// <summary>
/// Selects the metadata that a value is written with. As in the results of ASP.NET Core, a value of a derived type is written with all
/// its properties, unless the declared type is polymorphic or has a converter.
/// </summary>
internal static class JsonMetadata
{
    public static JsonTypeInfo For<T>(T data, JsonSerializerOptions options)
    {
        JsonTypeInfo declared = options.GetTypeInfo(typeof(T));
        if (typeof(T).IsSealed || data is null || data.GetType() == typeof(T) || UsesRuntimeType(declared))
        {
            return declared;
        }

        // With generated metadata a derived type may be unknown, for example an iterator; the declared type is used then.
        return options.TryGetTypeInfo(data.GetType(), out JsonTypeInfo? actual) ? actual : declared;
    }

    // Polymorphic metadata writes a discriminator. A converter, also that of object, inspects the value itself.
    private static bool UsesRuntimeType(JsonTypeInfo declared) =>
        declared.PolymorphismOptions is not null || declared.Kind == JsonTypeInfoKind.None;
}
