using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using SseKit.Dashboard.Snapshots;
using SseKit.Dashboard.Tailing;

namespace SseKit.Dashboard;

/// <summary>Describes what the page gets and sends, for serialization.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(TopRows<ConnectionRow>), TypeInfoPropertyName = "Connections")]
[JsonSerializable(typeof(TailPage))]
[JsonSerializable(typeof(ViewerPermissions))]
[JsonSerializable(typeof(DisconnectRequest))]
[JsonSerializable(typeof(DisconnectResult))]
internal sealed partial class DashboardJson : JsonSerializerContext
{
    // The default encoder escapes all characters beyond ASCII, each in six bytes. This one still escapes those of HTML.
    public static readonly DashboardJson Shared = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    });
}

/// <summary>What a viewer may do, so that the page offers nothing else.</summary>
internal sealed record ViewerPermissions(bool Disconnect, bool Tail);

/// <param name="Id">The id of the stream to disconnect.</param>
internal sealed record DisconnectRequest(string? Id);

/// <param name="Disconnected">The number of streams that this server has disconnected.</param>
internal sealed record DisconnectResult(int Disconnected);
