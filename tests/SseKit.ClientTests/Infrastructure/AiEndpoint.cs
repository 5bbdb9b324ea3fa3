using System.Text;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>An endpoint of the sample, and a request to it.</summary>
/// <param name="Name">Its name in the tests.</param>
/// <param name="Path">Its path.</param>
/// <param name="Body">A request, with <c>PROMPT</c> as the prompt.</param>
/// <param name="LastEvent">The last event of a complete answer.</param>
internal sealed record AiEndpoint(string Name, string Path, string Body, string LastEvent)
{
    private static readonly AiEndpoint[] All =
    [
        new(
            "chat completions",
            "v1/chat/completions",
            """{"model":"m","stream":true,"messages":[{"role":"user","content":"PROMPT"}]}""",
            "data: [DONE]\n\n"),
        new("responses", "v1/responses", """{"model":"m","stream":true,"input":"PROMPT"}""", "\"response.completed\""),
        new(
            "anthropic",
            "v1/messages",
            """{"model":"m","stream":true,"messages":[{"role":"user","content":"PROMPT"}]}""",
            "event: message_stop\n"),
        new(
            "ai sdk",
            "api/chat",
            """{"id":"CHAT","messages":[{"role":"user","parts":[{"type":"text","text":"PROMPT"}]}]}""",
            "data: [DONE]\n\n"),
        new(
            "ag-ui",
            "agui",
            """{"threadId":"t","runId":"CHAT","messages":[{"id":"1","role":"user","content":"PROMPT"}]}""",
            "\"RUN_FINISHED\""),
        new(
            "gemini",
            "v1beta/models/m:streamGenerateContent?alt=sse",
            """{"contents":[{"role":"user","parts":[{"text":"PROMPT"}]}]}""",
            "\"STOP\""),
    ];

    public static AiEndpoint Named(string name) => All.Single(endpoint => endpoint.Name == name);

    public static TheoryData<string> Names() => [.. All.Select(static endpoint => endpoint.Name)];

    public string BodyWith(string prompt) =>
        Body.Replace("PROMPT", prompt, StringComparison.Ordinal).Replace("CHAT", Guid.NewGuid().ToString("N"), StringComparison.Ordinal);

    public HttpRequestMessage RequestWith(string prompt) =>
        new(HttpMethod.Post, Path) { Content = new StringContent(BodyWith(prompt), Encoding.UTF8, "application/json") };
}
