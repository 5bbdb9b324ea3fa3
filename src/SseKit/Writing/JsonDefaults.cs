using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace SseKit.Writing;

/// <summary>How values are written where nobody gave options: as the web does.</summary>
internal static class JsonDefaults
{
    private const string Reason = "Where reflection is off, options without metadata are used, and they say so when a value is written.";

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Reason)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Reason)]
    public static JsonSerializerOptions Options { get; } =
        JsonSerializer.IsReflectionEnabledByDefault ? JsonSerializerOptions.Web : new JsonSerializerOptions(JsonSerializerDefaults.Web);

    /// <summary>Options that nobody has used yet have no resolver. JsonSerializer gives them one at their first use, and so must we.</summary>
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
