using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SseKit.Writing;

/// <summary>
/// Picks the metadata that a value is written with. As in the results of ASP.NET Core, a value of a derived type is written with all
/// its properties, unless the declared type says otherwise.
/// </summary>
internal static class JsonMetadata
{
    public static JsonTypeInfo For<T>(T data, JsonSerializerOptions options)
    {
        JsonTypeInfo declared = options.GetTypeInfo(typeof(T));
        if (typeof(T).IsSealed || data is null || data.GetType() == typeof(T) || DecidesItself(declared))
        {
            return declared;
        }

        // With generated metadata a derived type may be unknown (an iterator, say); the declared one then has to do.
        return options.TryGetTypeInfo(data.GetType(), out JsonTypeInfo? actual) ? actual : declared;
    }

    // Polymorphic metadata writes a discriminator, and a converter (that of object, too) looks at the value itself.
    private static bool DecidesItself(JsonTypeInfo declared) =>
        declared.PolymorphismOptions is not null || declared.Kind == JsonTypeInfoKind.None;
}
