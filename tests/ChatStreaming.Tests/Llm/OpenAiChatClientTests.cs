using System.ClientModel;
using System.Text.Json;
using ChatStreaming.Llm;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Tests.Llm;

public sealed class OpenAiChatClientTests : ServerTest
{
    private const string Chunk = """{"id":"c1","object":"chat.completion.chunk","model":"m","choices":""";
    private const string Role = Chunk + """[{"index":0,"delta":{"role":"assistant","content":""}}]}""";
    private const string Stop = Chunk + """[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    private const string Usage = Chunk + """[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";
    private const string Error = """{"error":{"message":"out of memory","type":"server_error"}}""";

    private JsonElement _request;
    private string? _authorization;

    [Fact]
    public async Task An_answer_arrives_in_the_pieces_that_the_server_sent()
    {
        using OpenAiChatClient client = await ConnectAsync(Role, Delta("Hel"), Delta("lo"), Stop, Usage, "[DONE]");

        ChatResponse response = await client.GetStreamingResponseAsync("Hi").ToChatResponseAsync();

        Assert.Equal("Hello", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal((3, 2), (response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount));
    }

    [Fact]
    public async Task The_conversation_and_the_model_are_sent()
    {
        using OpenAiChatClient client = await ConnectAsync(Role, Delta("x"), Stop, "[DONE]");

        await client.GetResponseAsync(
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello"), new(ChatRole.User, "And?")]);

        Assert.Equal("test-model", _request.GetProperty("model").GetString());
        Assert.True(_request.GetProperty("stream").GetBoolean());
        Assert.Equal(
            ["system", "user", "assistant", "user"],
            _request.GetProperty("messages").EnumerateArray().Select(static message => message.GetProperty("role").GetString()));
        Assert.Equal("Bearer none", _authorization);
    }

    [Fact]
    public async Task A_key_is_sent_if_there_is_one()
    {
        using OpenAiChatClient client = await ConnectAsync(options => options.ApiKey = "sk-test", Role, Stop, "[DONE]");

        await client.GetResponseAsync("Hi");

        Assert.Equal("Bearer sk-test", _authorization);
    }

    [Theory]
    [InlineData("ends at once")]
    [InlineData("ends with [DONE] nevertheless")]
    [InlineData("sends an error frame")]
    public async Task An_answer_without_a_finish_reason_is_no_success(string how)
    {
        string[] end = how switch
        {
            "ends at once" => [],
            "ends with [DONE] nevertheless" => ["[DONE]"],
            _ => [Error, "[DONE]"],
        };
        using OpenAiChatClient client = await ConnectAsync([Role, Delta("Hel"), .. end]);
        var pieces = new List<string>();

        await Assert.ThrowsAsync<ModelCutOffException>(() => ReadAsync(client, pieces));

        Assert.Equal(["Hel"], pieces);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_no_success()
    {
        KestrelApp server = await StartAsync(app => app.MapPost("/v1/chat/completions", async (HttpContext context) =>
        {
            await WriteAsync(context.Response, Role, Delta("Hel"));
            context.Abort();
        }));
        using var client = new OpenAiChatClient(new LlmOptions { Endpoint = $"{server.BaseAddress}v1" });
        var pieces = new List<string>();

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync(client, pieces));

        Assert.True(error.ToEvent().Retryable);
    }

    [Theory]
    [InlineData(StatusCodes.Status401Unauthorized, "refused the key", false)]
    [InlineData(StatusCodes.Status404NotFound, "does not have", false)]
    [InlineData(StatusCodes.Status400BadRequest, "status 400", false)]
    public async Task A_refusal_names_the_setting_to_check(int status, string message, bool isRetryable)
    {
        KestrelApp server = await StartAsync(
            app => app.MapPost("/v1/chat/completions", () => Results.Json(new { error = new { message = "no" } }, statusCode: status)));
        using var client = new OpenAiChatClient(new LlmOptions { Endpoint = $"{server.BaseAddress}v1" });

        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => ReadAsync(client, []));

        Assert.Contains(message, error.ToEvent().Message);
        Assert.Equal(isRetryable, error.ToEvent().Retryable);
    }

    [Fact]
    public async Task Cancelling_an_answer_ends_the_request_to_the_server()
    {
        var left = new TaskCompletionSource();
        KestrelApp server = await StartAsync(app => app.MapPost("/v1/chat/completions", async (HttpContext context) =>
        {
            await WriteAsync(context.Response, Role, Delta("Hel"));
            await using CancellationTokenRegistration _ = context.RequestAborted.Register(() => left.TrySetResult());
            await left.Task.OrTimeout();
        }));
        using var client = new OpenAiChatClient(new LlmOptions { Endpoint = $"{server.BaseAddress}v1" });
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hi", cancellationToken: stop.Token))
            {
                if (update.Text.Length > 0)
                {
                    await stop.CancelAsync();
                }
            }
        });

        await left.Task.OrTimeout();
    }

    [Theory]
    [InlineData("localhost:11434")]
    [InlineData("/v1")]
    [InlineData("ftp://example.com")]
    public void An_invalid_endpoint_is_refused_with_an_example(string endpoint)
    {
        var error = Assert.Throws<InvalidOperationException>(() => new OpenAiChatClient(new LlmOptions { Endpoint = endpoint }));

        Assert.Contains(endpoint, error.Message);
        Assert.Contains("http://localhost:11434/v1", error.Message);
    }

    private static string Delta(string text) =>
        $$$"""{"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"{{{text}}}"}}]}""";

    private static async Task ReadAsync(OpenAiChatClient client, List<string> pieces)
    {
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hi"))
        {
            if (update.Text.Length > 0)
            {
                pieces.Add(update.Text);
            }
        }
    }

    private static async Task WriteAsync(HttpResponse response, params string[] frames)
    {
        response.ContentType = "text/event-stream";
        foreach (string frame in frames)
        {
            await response.WriteAsync($"data: {frame}\n\n");
            await response.Body.FlushAsync();
        }
    }

    private Task<OpenAiChatClient> ConnectAsync(params string[] frames) => ConnectAsync(static _ => { }, frames);

    private async Task<OpenAiChatClient> ConnectAsync(Action<LlmOptions> configure, params string[] frames)
    {
        KestrelApp server = await StartAsync(app => app.MapPost("/v1/chat/completions", async (HttpContext context, JsonElement request) =>
        {
            _request = request;
            _authorization = context.Request.Headers.Authorization;
            await WriteAsync(context.Response, frames);
        }));
        var options = new LlmOptions { Endpoint = $"{server.BaseAddress}v1", Model = "test-model" };
        configure(options);
        return new OpenAiChatClient(options);
    }
}
