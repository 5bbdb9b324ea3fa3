using System.Diagnostics;
using System.Net;
using SseKit.MiddlewareTests.App;
using SseKit.MiddlewareTests.Infrastructure;

namespace SseKit.MiddlewareTests;

/// <summary>Every kind of stream with the middlewares of a real app, on HTTP/1.1 and HTTP/2.</summary>
public sealed class MiddlewareMatrixTests : FullAppTest
{
    // "About a second": a handler gets a second to leave its loop. The rest is for a busy machine. A host that waits for a stream takes 30.
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(3);

    public static TheoryData<string, int> Kinds => Streams.OnEachVersion(Streams.All);

    public static TheoryData<string, int> SilentKinds => Streams.OnEachVersion(Streams.Silent);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_stream_is_prompt_complete_and_private(string kind, int httpVersion)
    {
        HttpClient http = ClientOf(httpVersion);
        string cookie = await SignInAsync(http);
        using AppStream first = await AppStream.OpenAsync(http, kind, "first", cookie);
        using AppStream second = await AppStream.OpenAsync(http, kind, "second", cookie);
        Assert.Equal(Script.First("first"), await first.NextAsync());
        Assert.Equal(Script.First("second"), await second.NextAsync());

        foreach (AppStream stream in (AppStream[])[second, first])
        {
            await stream.FinishAsync(Script);
            Assert.False(stream.Response.Headers.Contains("Age"));
            Assert.True(stream.Response.Headers.CacheControl!.NoStore);
            Assert.Equal("*", stream.Response.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Contains(stream.Response.Headers.GetValues("Set-Cookie"), IsSignIn);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_stream_ends_cleanly_when_the_app_stops(string kind, int httpVersion)
    {
        using AppStream stream = await AppStream.OpenAsync(ClientOf(httpVersion), kind, "only");
        await stream.NextAsync();

        var watch = Stopwatch.StartNew();
        Task stopping = Server.StopAsync();
        if (kind == "post")
        {
            // A clean end would look like a complete answer.
            await Assert.ThrowsAnyAsync<IOException>(stream.NextAsync);
        }
        else
        {
            Assert.Null(await stream.NextAsync());
        }

        if (Streams.IsRun(kind))
        {
            // The run continues without its clients, for as long as the host allows.
            Assert.False(stopping.IsCompleted);
            Script.Release("only");
        }

        await stopping;
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, StopBound);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_client_that_disconnects_ends_its_handler(string kind, int httpVersion)
    {
        AppStream stream = await AppStream.OpenAsync(ClientOf(httpVersion), kind, "only");
        await stream.NextAsync();

        stream.Dispose();
        if (Streams.IsRun(kind) || Streams.IsFollowed(kind))
        {
            // The publisher of a topic does not end with one of its clients.
            Script.Release("only");
        }

        await Script.EndedAsync("only");
    }

    [Theory]
    [MemberData(nameof(SilentKinds))]
    public async Task Headers_of_a_silent_POST_stream_leave_at_once(string kind, int httpVersion)
    {
        using AppStream stream = await AppStream.OpenAsync(ClientOf(httpVersion), kind, "only");

        await stream.FinishAsync(Script);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Ordinary_responses_are_unchanged_beside_streams(int httpVersion)
    {
        using AppStream stream = await AppStream.OpenAsync(ClientOf(httpVersion), "writer", "only");

        Assert.Equal(Script.First("only"), await stream.NextAsync());

        await AssertOrdinaryAsync(ClientOf(httpVersion));

        await stream.FinishAsync(Script);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_default_timeout_cuts_a_stream(int httpVersion)
    {
        Logs.ExpectError(IsOfTimeout);
        HttpClient http = ClientOf(httpVersion);
        List<AppStream> streams = [];
        foreach (string kind in Streams.All)
        {
            streams.Add(await AppStream.OpenAsync(http, kind, kind));
            Assert.Equal(Script.First(kind), await streams[^1].NextAsync());
        }

        using HttpResponseMessage ordinary = await http.GetAsync("/timeout");
        Assert.Equal(HttpStatusCode.GatewayTimeout, ordinary.StatusCode);

        foreach (AppStream stream in streams)
        {
            await stream.FinishAsync(Script);
            stream.Dispose();
        }
    }
}
