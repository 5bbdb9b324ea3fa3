using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>A client, and a stream in the format that it reads.</summary>
/// <param name="Name">The name of its script, and the first segment of its paths.</param>
/// <param name="Methods">The HTTP methods that it can read a stream by.</param>
/// <param name="Events">The events of its endpoints, with a pause before each.</param>
/// <param name="Messages">The messages that its callback gets.</param>
internal sealed record MatrixClient(string Name, string[] Methods, SseItem<string>[] Events, string[] Messages)
{
    private const string Accents = "caf\u00e9 \u6771\u4eac \U0001F600";

    private static readonly string[] Get = ["GET"];
    private static readonly string[] Post = ["POST"];
    private static readonly string[] Both = ["GET", "POST"];
    private static readonly string[] Texts = ["one", Accents, "three"];

    private static readonly SseItem<string>[] Numbered =
    [
        new("""{"number":1,"text":"one"}""") { EventId = "a" },
        new($$"""{"number":2,"text":"{{Accents}}"}""", "named") { EventId = "b" },
        new("""{"number":3,"text":"three","last":true}""") { EventId = "c" },
    ];

    private static readonly string[] NumberedMessages = ["message 1 one", $"named 2 {Accents}", "message 3 three"];

    public static MatrixClient[] All { get; } =
    [
        new("eventsource", Get, Numbered, NumberedMessages),
        new("eventsource-client", Both, Numbered, NumberedMessages),
        new("event-source-plus", Both, Numbered, NumberedMessages),
        new("fetch-event-source", Both, Numbered, NumberedMessages),
        new("sse-parser", Both, Numbered, NumberedMessages) { IsOfDotnet = true },
        Answering("openai-chat", ChatChunk, after: ["[DONE]"]),
        Answering("openai-dotnet", ChatChunk, after: ["[DONE]"]) with { IsOfDotnet = true },
        Answering("openai-responses", static text => $$"""{"type":"response.output_text.delta","delta":"{{text}}"}"""),
        Answering(
            "anthropic",
            static text => $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""",
            type: "content_block_delta"),
        Answering(
            "ai",
            static text => $$"""{"type":"text-delta","id":"1","delta":"{{text}}"}""",
            before: ["""{"type":"text-start","id":"1"}"""],
            after: ["[DONE]"]),
        Answering(
            "ag-ui",
            static text => $$"""{"type":"TEXT_MESSAGE_CONTENT","messageId":"1","delta":"{{text}}"}""",
            before:
            [
                """{"type":"RUN_STARTED","threadId":"1","runId":"1"}""",
                """{"type":"TEXT_MESSAGE_START","messageId":"1","role":"assistant"}""",
            ],
            after: ["""{"type":"TEXT_MESSAGE_END","messageId":"1"}""", """{"type":"RUN_FINISHED","threadId":"1","runId":"1"}"""]),
        Answering(
            "google-genai",
            static text => $$$"""{"candidates":[{"content":{"role":"model","parts":[{"text":"{{{text}}}"}]}}]}""") with
        {
            // This client loses the event after a comment.
            Heartbeat = new SseItem<string>("""{"candidates":[]}"""),
        },
    ];

    /// <summary>Whether its endpoints write no ids and no events of SseKit's own, on which clients of AI APIs fail.</summary>
    public bool IsOfAi { get; private init; }

    /// <summary>Whether it runs in the process of the tests rather than in Node.</summary>
    public bool IsOfDotnet { get; private init; }

    /// <summary>Its heartbeat, if it fails on comments.</summary>
    public SseItem<string>? Heartbeat { get; private init; }

    public static MatrixClient Named(string name) => All.Single(client => client.Name == name);

    public async IAsyncEnumerable<SseItem<string>> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (SseItem<string> item in Events)
        {
            await Task.Delay(ClientMatrix.Silence, cancellationToken);
            yield return item;
        }
    }

    private static string ChatChunk(string text) =>
        """{"id":"1","object":"chat.completion.chunk","created":1,"choices":"""
        + $$$"""[{"index":0,"delta":{"content":"{{{text}}}"},"finish_reason":null}]}""";

    private static MatrixClient Answering(
        string name, Func<string, string> write, string[]? before = null, string[]? after = null, string? type = null)
    {
        IEnumerable<string> data = [.. before ?? [], .. Texts.Select(write), .. after ?? []];
        return new MatrixClient(name, Post, [.. data.Select(each => new SseItem<string>(each, type))], Texts) { IsOfAi = true };
    }
}
