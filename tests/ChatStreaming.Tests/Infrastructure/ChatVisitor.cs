using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace ChatStreaming.Tests.Infrastructure;

/// <summary>A client like a browser without a page: it has cookies, creates a chat, asks, and follows.</summary>
internal sealed class ChatVisitor(HttpClient client) : IDisposable
{
    public string Chat { get; private set; } = "";

    public static async Task<ChatVisitor> ArriveAsync(HttpClient client)
    {
        var visitor = new ChatVisitor(client);
        await visitor.CreateChatAsync();
        return visitor;
    }

    public void Dispose() => client.Dispose();

    public Task<HttpResponseMessage> AskAsync(string clientId, string text, string? retryOf = null) =>
        PostAsync("/messages", new { clientId, text, retryOf });

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null, string? chat = null) =>
        client.PostAsync(new Uri($"{chat ?? Chat}{path}", UriKind.Relative), JsonContent.Create(body)).OrTimeout();

    public Task<HttpResponseMessage> GetAsync(string path = "", string? chat = null) =>
        client.GetAsync(new Uri($"{chat ?? Chat}{path}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).OrTimeout();

    public async Task<JsonElement> LookAsync()
    {
        using HttpResponseMessage response = await GetAsync();
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The answer to the last question in the snapshot.</summary>
    public async Task<JsonElement> LastAnswerAsync() => (await LookAsync()).GetProperty("messages").EnumerateArray().Last();

    /// <summary>Follows the answer that is being written.</summary>
    public async Task<IAsyncEnumerator<SseItem<string>>> FollowAsync(string? lastEventId = null, string tab = "")
    {
        HttpResponseMessage response = await GetAsync(lastEventId is null ? $"/stream{tab}" : $"/stream{tab}?lastEventId={lastEventId}");
        response.EnsureSuccessStatusCode();
        return SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync()
            .Where(static item => item.EventType != "ssekit.open").GetAsyncEnumerator();
    }

    /// <summary>Follows to the end of the stream.</summary>
    public async Task<List<SseItem<string>>> FollowToEndAsync(string? lastEventId = null)
    {
        await using IAsyncEnumerator<SseItem<string>> events = await FollowAsync(lastEventId);
        List<SseItem<string>> all = [];
        while (await events.MoveNextAsync().OrTimeout())
        {
            all.Add(events.Current);
        }

        return all;
    }

    private async Task CreateChatAsync()
    {
        using HttpResponseMessage response = await client.PostAsync(new Uri("api/chats", UriKind.Relative), null).OrTimeout();
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        Chat = response.Headers.Location!.ToString();
    }
}
