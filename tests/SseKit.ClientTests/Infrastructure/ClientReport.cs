using System.Text.Json;
using System.Text.Json.Nodes;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>What a script says of its client: the text and the error that the client gave it, and more where the test asks.</summary>
internal sealed record ClientReport(string Text, string? Error, JsonObject More)
{
    public static ClientReport Parse(string output, string complaints)
    {
        try
        {
            JsonObject report = JsonNode.Parse(output)!.AsObject();
            return new ClientReport((string)report["text"]!, (string?)report["error"], report);
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"The script reported nothing. It said:\n{output}\n{complaints}");
        }
    }

    public string? String(string name) => (string?)More[name];

    public int Number(string name) => (int)More[name]!;

    public string[] Strings(string name) => [.. More[name]!.AsArray().Select(static each => (string)each!)];
}
