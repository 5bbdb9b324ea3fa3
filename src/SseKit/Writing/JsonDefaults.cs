using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace SseKit.Writing;

/// <summary>Provides the default JSON options, which are those of the web.</summary>
internal static class JsonDefaults
{
    private const string Reason = "If reflection is off, options without metadata are used, and writing a value then throws.";

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Reason)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Reason)]
    public static JsonSerializerOptions Options { get; } =
        JsonSerializer.IsReflectionEnabledByDefault ? JsonSerializerOptions.Web : new JsonSerializerOptions(JsonSerializerDefaults.Web);

    /// <summary>Adds the default resolver to options that have none, as JsonSerializer does at their first use.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Reason)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Reason)]
    public static JsonSerializerOptions WithResolver(JsonSerializerOptions options)
    {
        if (options.TypeInfoResolver is null && JsonSerializer.IsReflectionEnabledByDefault)
        {
            options.MakeReadOnly(populateMissingResolver: true);
        }

        return options;
    }
}
