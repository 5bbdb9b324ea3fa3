using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Protocols;

/// <summary>A message as the protocols write it: a role, and a content that is a text, or parts with texts in them.</summary>
internal sealed record Turn(string? Role, JsonElement Content, JsonElement Parts)
{
    public ChatMessage ToChatMessage() =>
        new(Role is "assistant" or "model" ? ChatRole.Assistant : new ChatRole(Role ?? "user"), TextOf(Content) + TextOf(Parts));

    public static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(TextOf)),
        JsonValueKind.Object when content.TryGetProperty("text", out JsonElement text) => TextOf(text),
        _ => "",
    };
}
