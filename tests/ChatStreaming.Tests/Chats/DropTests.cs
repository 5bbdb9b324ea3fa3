using System.Net;
using System.Net.ServerSentEvents;
using ChatStreaming.Tests.Infrastructure;

namespace ChatStreaming.Tests.Chats;

/// <summary>The button that disconnects a tab, on a real server.</summary>
public sealed class DropTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly ScriptedChatClient _model = new();
    private readonly ChatApp _app;
    private readonly Uri _address;

    public DropTests()
    {
        _app = new ChatApp(_model);
        _address = _app.Listen();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_drop_ends_the_stream_of_its_tab_only()
    {
        using ChatVisitor visitor = await ArriveAsync();
        using HttpResponseMessage asked = await visitor.AskAsync("q1", "Hi");
        await using IAsyncEnumerator<SseItem<string>> dropped = await visitor.FollowAsync(tab: "/a");
        await using IAsyncEnumerator<SseItem<string>> other = await visitor.FollowAsync(tab: "/b");
        Assert.True(await dropped.MoveNextAsync().OrTimeout());
        Assert.True(await other.MoveNextAsync().OrTimeout());

        using HttpResponseMessage response = await visitor.PostAsync("/drop/a");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.False(await HasNextAsync(dropped));
        _model.Write("Still here");
        Assert.True(await other.MoveNextAsync().OrTimeout());
        using HttpResponseMessage again = await visitor.PostAsync("/drop/a");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task A_tab_of_another_browser_cannot_be_dropped()
    {
        using ChatVisitor owner = await ArriveAsync();
        using ChatVisitor otherBrowser = await ArriveAsync();
        using HttpResponseMessage asked = await owner.AskAsync("q1", "Hi");
        await using IAsyncEnumerator<SseItem<string>> events = await owner.FollowAsync(tab: "/a");
        Assert.True(await events.MoveNextAsync().OrTimeout());

        using HttpResponseMessage own = await otherBrowser.PostAsync("/drop/a");
        using HttpResponseMessage foreign = await otherBrowser.PostAsync("/drop/a", null, owner.Chat);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (own.StatusCode, foreign.StatusCode));
        _model.Write("Still here");
        Assert.True(await events.MoveNextAsync().OrTimeout());
    }

    // Whether a stream that is cut ends cleanly depends on its client.
    private static async Task<bool> HasNextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync().OrTimeout();
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Task<ChatVisitor> ArriveAsync() => ChatVisitor.ArriveAsync(new HttpClient { BaseAddress = _address });
}
