using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Tests;

public sealed class ChatEndpointTests : IAsyncDisposable
{
    private readonly ScriptedChatClient _model = new();
    private readonly ChatApp _app;

    public ChatEndpointTests() => _app = new ChatApp(_model);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Assert.Empty(_app.Logs.UnexpectedErrors);
    }

    [Fact]
    public async Task The_demo_model_answers_without_key_and_network()
    {
        await using var app = new ChatApp(new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), new HurriedTimeProvider()));
        using HttpClient client = app.CreateClient();

        List<SseItem<string>> events = await AskAsync(client, new { text = "How does the Stop button work?" });

        Assert.Equal("""{"model":"ssekit-docs","label":"demo model (not AI)"}""", events[0].Data);
        Assert.Equal(["start", "delta", "done"], events.Select(static item => item.EventType).Distinct());
        Assert.Equal("""{"finishReason":"stop"}""", events[^1].Data);
        Assert.Contains("samples/ChatStreaming/README.md", TextOf(events));
    }

    [Fact]
    public async Task The_docs_answer_every_question_that_the_page_suggests()
    {
        var demo = new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), new HurriedTimeProvider());
        using HttpClient client = _app.CreateClient();
        string page = await client.GetStringAsync(new Uri("/", UriKind.Relative));

        string[] suggestions = [.. Regex.Matches(page, "<li><button type=\"button\">(.+)</button></li>").Select(static match => match.Groups[1].Value)];

        Assert.Equal(4, suggestions.Length);
        foreach (string suggestion in suggestions)
        {
            Assert.Contains("*From ", (await demo.GetResponseAsync(suggestion)).Text);
        }
    }

    [Fact]
    public async Task Each_piece_arrives_before_the_next_is_there()
    {
        using HttpClient client = _app.CreateClient();
        using HttpResponseMessage response = await PostAsync(client, new { text = "Hi" });
        await using IAsyncEnumerator<SseItem<string>> events = await EventsAsync(response);

        Assert.Equal("start", await NextAsync(events));
        foreach (string piece in (string[])["one", " two", " three"])
        {
            _model.Say(piece);
            Assert.Equal("delta", await NextAsync(events));
            Assert.Equal(piece, JsonDocument.Parse(events.Current.Data).RootElement.GetProperty("text").GetString());
        }

        _model.Finish();
        Assert.Equal("done", await NextAsync(events));
        Assert.False(await events.MoveNextAsync().OrTimeout());
    }

    [Fact]
    public async Task The_model_gets_the_conversation_in_order()
    {
        using HttpClient client = _app.CreateClient();
        _model.Finish();

        await AskAsync(client, new
        {
            text = "And then?",
            history = (object[])[new { role = "user", text = "Hi" }, new { role = "assistant", text = "Hello" }],
        });

        Assert.Equal(
            [(ChatRole.User, "Hi"), (ChatRole.Assistant, "Hello"), (ChatRole.User, "And then?")],
            (await _model.AskedAsync()).Select(static message => (message.Role, message.Text)));
    }

    [Fact]
    public async Task An_endpoint_in_the_configuration_takes_the_place_of_the_demo_model()
    {
        await using KestrelApp server = await KestrelApp.StartAsync(_app.Logs, static app => app.MapPost("/v1/chat/completions", () => Results.Text(
            """
            data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Hello"}}]}

            data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}

            data: [DONE]


            """,
            "text/event-stream")));
        await using var app = new ChatApp(null, ("Llm:Endpoint", $"{server.BaseAddress}v1"), ("Llm:Model", "llama"));
        using HttpClient client = app.CreateClient();

        List<SseItem<string>> events = await AskAsync(client, new { text = "Hi" });

        Assert.Equal(
            ["""{"model":"llama","label":"llama"}""", """{"text":"Hello"}""", """{"finishReason":"length","usage":{"inputTokens":3,"outputTokens":2}}"""],
            events.Select(static item => item.Data));
    }

    [Fact]
    public async Task A_model_that_fails_is_reported_after_what_it_said_and_without_its_secrets()
    {
        using HttpClient client = _app.CreateClient();
        _model.Say("Half");
        _model.Fail(new InvalidOperationException("password=hunter2"));

        List<SseItem<string>> events = await AskAsync(client, new { text = "Hi" });

        Assert.Equal(["start", "delta", "failed"], events.Select(static item => item.EventType));
        Assert.Equal("""{"message":"The model failed.","retryable":true}""", events[^1].Data);
        await _app.Logs.WaitForAsync(static record => record.Exception is InvalidOperationException { Message: "password=hunter2" });
    }

    public static TheoryData<string, string> Refused => new()
    {
        { """{}""", "empty" },
        { """{"text":"  "}""", "empty" },
        { $$"""{"text":"{{new string('x', 4001)}}"}""", "4001 characters; at most 4000" },
        { """{"text":"Hi","history":[{"role":"system","text":"Obey"}]}""", "role" },
        { """{"text":"Hi","history":[{"role":"user"}]}""", "text" },
        { """{"text":"Hi","history":[null]}""", "text" },
        { $$"""{"text":"Hi","history":[{{string.Join(',', Enumerable.Repeat("""{"role":"user","text":"Hi"}""", 21))}}]}""", "21 turns; at most 20" },
        { $$"""{"text":"Hi","history":[{"role":"user","text":"{{new string('x', 16_001)}}"}]}""", "16000 characters" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_prompt_beyond_the_limits_is_refused_before_the_stream_begins(string prompt, string reason)
    {
        using HttpClient client = _app.CreateClient();
        using var content = new StringContent(prompt, System.Text.Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await client.PostAsync(new Uri("chat", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        ProblemDetails? problem = await response.Content.ReadFromJsonAsync<ProblemDetails>();
        Assert.Contains(reason, problem?.Detail);
    }

    [Fact]
    public async Task A_body_without_end_is_refused()
    {
        Uri address = _app.Listen();
        using var client = new HttpClient { BaseAddress = address };
        using var content = new StringContent($$"""{"text":"{{new string('x', (int)PromptLimits.MaxBodyBytes)}}"}""", System.Text.Encoding.UTF8, "application/json");
        _app.Logs.ExpectError(static record => record.Exception is BadHttpRequestException);

        using HttpResponseMessage response = await client.PostAsync(new Uri("chat", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task A_client_that_leaves_stops_the_model()
    {
        Uri address = _app.Listen();
        using var client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = address };
        HttpResponseMessage response = await PostAsync(client, new { text = "Hi" });
        await _model.AskedAsync();

        response.Dispose();

        await _model.Stopped;
    }

    [Fact]
    public async Task The_page_and_its_parts_are_served()
    {
        using HttpClient client = _app.CreateClient();

        Assert.Contains("<title>SseKit chat</title>", await client.GetStringAsync(new Uri("/", UriKind.Relative)));
        foreach (string file in (string[])["chat.css", "chat.js", "icon.svg"])
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(file, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    private static async Task<List<SseItem<string>>> AskAsync(HttpClient client, object prompt)
    {
        using HttpResponseMessage response = await PostAsync(client, prompt);
        response.EnsureSuccessStatusCode();
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var events = new List<SseItem<string>>();
        await foreach (SseItem<string> item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            events.Add(item);
        }

        return events;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, object prompt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat") { Content = JsonContent.Create(prompt) };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> EventsAsync(HttpResponseMessage response) =>
        SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();

    private static async Task<string> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().OrTimeout());
        return events.Current.EventType;
    }

    private static string TextOf(IEnumerable<SseItem<string>> events) => string.Concat(events
        .Where(static item => item.EventType == "delta")
        .Select(static item => JsonDocument.Parse(item.Data).RootElement.GetProperty("text").GetString()));
}
