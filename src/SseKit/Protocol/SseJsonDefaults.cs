using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace SseKit.Protocol;

/// <summary>How values are written where nobody gave options: as the web does.</summary>
internal static class SseJsonDefaults
{
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Reason)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Reason)]
    public static JsonSerializerOptions Options { get; } =
        JsonSerializer.IsReflectionEnabledByDefault ? JsonSerializerOptions.Web : new JsonSerializerOptions(JsonSerializerDefaults.Web);

    private const string Reason = "Where reflection is off, options without metadata are used, and they say so when a value is written.";
}
