using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatStreaming.Chats;
using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Tests.Chats;

public sealed class ChatEndpointTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly ScriptedChatClient _model = new();
    private readonly ChatApp _app;

    public ChatEndpointTests() => _app = new ChatApp(_model);

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task The_demo_model_answers_without_key_and_network()
    {
        await using var app = new ChatApp(new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), new InstantTimeProvider()));
        using ChatVisitor visitor = await ChatVisitor.ArriveAsync(app.CreateClient());
        using HttpResponseMessage response = await visitor.AskAsync("q1", "How does the Stop button work?");

        List<SseItem<string>> events = await visitor.FollowToEndAsync();

        Assert.Equal("""{"model":"ssekit-docs","label":"demo, not AI"}""", events[0].Data);
        Assert.Equal(["start", "delta", "done"], events.Select(static item => item.EventType).Distinct());
        Assert.Matches("""^\{"events":\d+,"finishReason":"stop","usage":\{"inputTokens":\d+,"outputTokens":\d+\}\}$""", events[^1].Data);
        Assert.Contains("samples/ChatStreaming/README.md", TextOf(events));
    }

    [Fact]
    public async Task The_docs_answer_every_question_that_the_page_suggests()
    {
        var demo = new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), new InstantTimeProvider());
        using HttpClient client = _app.CreateClient();
        string page = await client.GetStringAsync(new Uri("/", UriKind.Relative));

        MatchCollection buttons = Regex.Matches(page, "<li><button type=\"button\">(.+)</button></li>");
        string[] suggestions = [.. buttons.Select(static match => match.Groups[1].Value)];

        Assert.Equal(4, suggestions.Length);
        foreach (string suggestion in suggestions)
        {
            Assert.Contains("*From ", (await demo.GetResponseAsync(suggestion)).Text);
        }
    }

    [Fact]
    public async Task A_question_returns_at_once_and_pieces_arrive_promptly()
    {
        using ChatVisitor visitor = await ArriveAsync();
        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"{visitor.Chat}/stream", response.Headers.Location?.ToString());
        await using IAsyncEnumerator<SseItem<string>> events = await visitor.FollowAsync();

        Assert.Equal("start", await NextAsync(events));
        foreach (string piece in (string[])["one", " two", " three"])
        {
            _model.Write(piece);
            Assert.Equal("delta", await NextAsync(events));
            Assert.Equal(piece, TextOf([events.Current]));
        }

        _model.Finish();
        Assert.Equal("done", await NextAsync(events));
        Assert.False(await events.MoveNextAsync().OrTimeout());
    }

    [Fact]
    public async Task Pieces_of_a_fast_model_are_collected()
    {
        for (int i = 0; i < 500; i++)
        {
            _model.Write($"{i} ");
        }

        _model.Finish();
        using ChatVisitor visitor = await ArriveAsync();
        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");

        List<SseItem<string>> events = await visitor.FollowToEndAsync();

        Assert.Equal(string.Concat(Enumerable.Range(0, 500).Select(static i => $"{i} ")), TextOf(events));
        Assert.InRange(events.Count, 3, 100);
    }

    [Fact]
    public async Task A_client_resumes_after_an_event_or_the_cursor()
    {
        using ChatVisitor visitor = await ArriveAsync();
        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");
        await using (IAsyncEnumerator<SseItem<string>> events = await visitor.FollowAsync())
        {
            await NextAsync(events);
            _model.Write("one");
            await NextAsync(events);
        }

        JsonElement snapshot = await visitor.LookAsync();
        _model.Write(" two");
        _model.Finish();
        List<SseItem<string>> rest = await visitor.FollowToEndAsync(snapshot.GetProperty("cursor").GetString());

        Assert.Equal("running", snapshot.GetProperty("state").GetString());
        Assert.Equal("one", snapshot.GetProperty("messages")[1].GetProperty("text").GetString());
        Assert.Equal(" two", TextOf(rest));
        Assert.Equal("done", rest[^1].EventType);
        Assert.Equal(1, _model.Calls);
    }

    [Fact]
    public async Task A_stream_without_an_answer_is_204()
    {
        using ChatVisitor visitor = await ArriveAsync();
        Assert.Equal(HttpStatusCode.NoContent, await StatusOfStreamAsync(visitor));

        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");
        _model.Write("Hello");
        _model.Finish();
        string? last = (await visitor.FollowToEndAsync())[^1].EventId;

        Assert.Equal(HttpStatusCode.NoContent, await StatusOfStreamAsync(visitor, $"?lastEventId={last}"));
        await UntilIdleAsync(visitor);
        Assert.Equal(HttpStatusCode.NoContent, await StatusOfStreamAsync(visitor));
    }

    [Fact]
    public async Task A_question_that_is_sent_again_is_not_asked_again()
    {
        using ChatVisitor visitor = await ArriveAsync();

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => visitor.AskAsync("q1", "Hi")));
        _model.Write("Hello");
        _model.Finish();
        await visitor.FollowToEndAsync();
        using HttpResponseMessage late = await visitor.AskAsync("q1", "Hi");

        Assert.All(responses, static response => Assert.Equal(HttpStatusCode.Accepted, response.StatusCode));
        Assert.Equal(HttpStatusCode.Accepted, late.StatusCode);
        Assert.Equal(1, _model.Calls);
        Assert.Equal(2, (await visitor.LookAsync()).GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task A_second_question_while_an_answer_is_written_is_refused()
    {
        using ChatVisitor visitor = await ArriveAsync();
        using HttpResponseMessage first = await visitor.AskAsync("q1", "Hi");

        using HttpResponseMessage second = await visitor.AskAsync("q2", "And?");

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal(2, (await visitor.LookAsync()).GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Stop_reaches_model_and_clients_and_can_be_repeated()
    {
        using ChatVisitor visitor = await ArriveAsync();
        using HttpResponseMessage asked = await visitor.AskAsync("q1", "Hi");
        Task<List<SseItem<string>>> other = visitor.FollowToEndAsync();
        await using IAsyncEnumerator<SseItem<string>> events = await visitor.FollowAsync();
        await NextAsync(events);
        _model.Write("Once upon a time");
        await NextAsync(events);

        using HttpResponseMessage stopped = await visitor.PostAsync("/stop");
        using HttpResponseMessage again = await visitor.PostAsync("/stop");

        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        await _model.Stopped;
        Assert.Equal("stopped", await NextAsync(events));
        Assert.Equal(["start", "delta", "stopped"], (await other).Select(static item => item.EventType));
        JsonElement answer = await visitor.LastAnswerAsync();
        Assert.Equal("stopped", answer.GetProperty("state").GetString());
        Assert.Equal("Once upon a time", answer.GetProperty("text").GetString());
    }

    [Fact]
    public async Task The_model_gets_the_conversation_without_failed_answers()
    {
        using ChatVisitor visitor = await ArriveAsync();
        _model.Write("Hello");
        _model.Finish();
        await AnswerAsync(visitor, "q1", "Hi");
        await _model.AskedAsync();
        _model.Write("Hm");
        _model.Fail(new InvalidOperationException("out of memory"));
        await AnswerAsync(visitor, "q2", "What?");
        await _model.AskedAsync();
        _model.Finish();
        await AnswerAsync(visitor, "q3", "And then?");

        Assert.Equal(
            [(ChatRole.User, "Hi"), (ChatRole.Assistant, "Hello"), (ChatRole.User, "And then?")],
            (await _model.AskedAsync()).Select(static message => (message.Role, message.Text)));
    }

    [Fact]
    public async Task A_retry_replaces_only_the_failed_answer()
    {
        using ChatVisitor visitor = await ArriveAsync();
        _model.Write("Half");
        _model.Fail(new InvalidOperationException("out of memory"));
        await AnswerAsync(visitor, "q1", "Hi");
        _model.Write("Whole");
        _model.Finish();

        using HttpResponseMessage retried = await visitor.AskAsync("q2", "Hi", retryOf: "q1");
        await visitor.FollowToEndAsync();
        using HttpResponseMessage pointless = await visitor.AskAsync("q3", "Hi", retryOf: "q2");

        Assert.Equal(HttpStatusCode.Accepted, retried.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, pointless.StatusCode);
        JsonElement messages = (await visitor.LookAsync()).GetProperty("messages");
        Assert.Equal(["Hi", "Whole"], messages.EnumerateArray().Select(static message => message.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_chat_belongs_to_the_browser_that_created_it()
    {
        using ChatVisitor owner = await ArriveAsync();
        using ChatVisitor otherBrowser = await ArriveAsync();
        using var withoutCookie = new ChatVisitor(_app.CreateClient());

        foreach (ChatVisitor visitor in (ChatVisitor[])[otherBrowser, withoutCookie])
        {
            using HttpResponseMessage snapshot = await visitor.GetAsync("", owner.Chat);
            using HttpResponseMessage stream = await visitor.GetAsync("/stream", owner.Chat);
            using HttpResponseMessage stop = await visitor.PostAsync("/stop", null, owner.Chat);
            using HttpResponseMessage question = await visitor.PostAsync("/messages", new { clientId = "q1", text = "Hi" }, owner.Chat);
            Assert.All(
                (HttpResponseMessage[])[snapshot, stream, stop, question],
                static response => Assert.Equal(HttpStatusCode.NotFound, response.StatusCode));
        }

        using HttpResponseMessage forged = await owner.GetAsync("", "api/chats/not-an-id");
        Assert.Equal(HttpStatusCode.NotFound, forged.StatusCode);
        Assert.Equal(0, _model.Calls);
    }

    [Fact]
    public async Task Scripts_and_other_sites_cannot_read_the_cookie()
    {
        using HttpClient client = _app.CreateClient();
        using HttpResponseMessage response = await client.PostAsync(new Uri("api/chats", UriKind.Relative), null);

        Assert.Matches("^chat-owner=[0-9a-f]{32};.*samesite=lax; httponly$", response.Headers.GetValues("Set-Cookie").Single());
    }

    [Fact]
    public async Task A_configured_endpoint_replaces_the_demo_model()
    {
        const string Usage = """{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}""";
        const string Answer = $$$"""
            data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Hello"}}]}

            data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{{{Usage}}}}

            data: [DONE]


            """;
        await using KestrelApp server = await KestrelApp.StartAsync(
            _app.Logs, static app => app.MapPost("/v1/chat/completions", () => Results.Text(Answer, "text/event-stream")));
        await using var app = new ChatApp(null, ("Llm:Endpoint", $"{server.BaseAddress}v1"), ("Llm:Model", "llama"));
        using ChatVisitor visitor = await ChatVisitor.ArriveAsync(app.CreateClient());
        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");

        List<SseItem<string>> events = await visitor.FollowToEndAsync();

        Assert.Equal(
            [
                """{"model":"llama","label":"llama"}""",
                """{"number":1,"text":"Hello"}""",
                """{"events":1,"finishReason":"length","usage":{"inputTokens":3,"outputTokens":2}}""",
            ],
            events.Select(static item => item.Data));
    }

    [Fact]
    public async Task Another_instance_can_use_the_model()
    {
        await using var lender = new ChatApp(new DocsChatClient(new DocsIndex([]), new InstantTimeProvider()));
        await using var app = new ChatApp(null, ("Llm:Endpoint", $"{lender.Listen()}v1"));
        using ChatVisitor visitor = await ChatVisitor.ArriveAsync(app.CreateClient());

        await AnswerAsync(visitor, "q1", "/long 60");
        JsonElement whole = await visitor.LastAnswerAsync();
        lender.Logs.ExpectError(static record => record.Exception is not null);
        await AnswerAsync(visitor, "q2", "/cut");
        JsonElement cut = await visitor.LastAnswerAsync();

        Assert.EndsWith("58 59 60", whole.GetProperty("text").GetString());
        Assert.True(whole.GetProperty("usage").GetProperty("outputTokens").GetInt64() > 60);
        Assert.Equal("failed", cut.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_failed_model_is_reported_after_its_text_without_secrets()
    {
        using ChatVisitor visitor = await ArriveAsync();
        _model.Write("Half");
        _model.Fail(new InvalidOperationException("password=hunter2"));
        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");

        List<SseItem<string>> events = await visitor.FollowToEndAsync();

        Assert.Equal(["start", "delta", "failed"], events.Select(static item => item.EventType));
        Assert.Equal("""{"code":"model_failed","message":"The model failed.","retryable":true}""", events[^1].Data);
        await _app.Logs.WaitForAsync(static record => record.Exception is InvalidOperationException { Message: "password=hunter2" });
    }

    public static TheoryData<string, string> Refused => new()
    {
        { """{}""", "clientId" },
        { """{"text":"Hi"}""", "clientId" },
        { """{"clientId":"a b","text":"Hi"}""", "clientId" },
        { $$"""{"clientId":"{{new string('x', 65)}}","text":"Hi"}""", "clientId" },
        { """{"clientId":"1","text":"  "}""", "empty" },
        { $$"""{"clientId":"1","text":"{{new string('x', 4001)}}"}""", "4001 characters; at most 4000" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_question_beyond_the_limits_is_refused(string question, string reason)
    {
        using ChatVisitor visitor = await ArriveAsync();

        using HttpResponseMessage response = await visitor.PostAsync("/messages", JsonDocument.Parse(question).RootElement);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        ProblemDetails? problem = await response.Content.ReadFromJsonAsync<ProblemDetails>();
        Assert.Contains(reason, problem?.Detail);
    }

    [Fact]
    public async Task An_endless_body_is_refused()
    {
        using ChatVisitor visitor = await ChatVisitor.ArriveAsync(new HttpClient { BaseAddress = _app.Listen() });
        _app.Logs.ExpectError(static record => record.Exception is BadHttpRequestException);

        using HttpResponseMessage response = await visitor.AskAsync("q1", new string('x', QuestionLimits.MaxBodyBytes));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task A_client_that_disconnects_stops_nothing()
    {
        using ChatVisitor visitor = await ChatVisitor.ArriveAsync(new HttpClient { BaseAddress = _app.Listen() });
        using HttpResponseMessage response = await visitor.AskAsync("q1", "Hi");
        IAsyncEnumerator<SseItem<string>> events = await visitor.FollowAsync();
        await NextAsync(events);

        await events.DisposeAsync();
        _model.Write("The rest");
        _model.Finish();
        await UntilIdleAsync(visitor);

        Assert.Equal("The rest", (await visitor.LastAnswerAsync()).GetProperty("text").GetString());
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

    private Task<ChatVisitor> ArriveAsync() => ChatVisitor.ArriveAsync(_app.CreateClient());

    private static async Task AnswerAsync(ChatVisitor visitor, string clientId, string text)
    {
        using HttpResponseMessage response = await visitor.AskAsync(clientId, text);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await UntilIdleAsync(visitor);
    }

    private static async Task UntilIdleAsync(ChatVisitor visitor)
    {
        while (await visitor.LookAsync() is var chat && chat.GetProperty("state").GetString() == "running")
        {
            // Without an event yet, there is no cursor to continue from.
            await visitor.FollowToEndAsync(chat.TryGetProperty("cursor", out JsonElement cursor) ? cursor.GetString() : null);
        }
    }

    private static async Task<HttpStatusCode> StatusOfStreamAsync(ChatVisitor visitor, string query = "")
    {
        using HttpResponseMessage response = await visitor.GetAsync($"/stream{query}");
        return response.StatusCode;
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().OrTimeout());
        return events.Current.EventType;
    }

    private static string TextOf(IEnumerable<SseItem<string>> events) => string.Concat(events
        .Where(static item => item.EventType == "delta")
        .Select(static item => JsonDocument.Parse(item.Data).RootElement.GetProperty("text").GetString()));
}
