using System.Text.Json;
using System.Text.Json.Nodes;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// A script's report about its client: the text and the error that the client returned, and more if the test requests it.
/// </summary>
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
            throw new InvalidOperationException($"The script reported nothing. Its output:\n{output}\n{complaints}");
        }
    }

    public string? String(string name) => (string?)More[name];

    public int Number(string name) => (int)More[name]!;

    public bool Flag(string name) => (bool)More[name]!;

    public string[] Strings(string name) => [.. More[name]!.AsArray().Select(static each => (string)each!)];
}
