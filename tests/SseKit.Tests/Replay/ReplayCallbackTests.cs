using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>Callbacks of a run's response throw. The run is detached, so no server runs them and reports their exceptions.</summary>
public sealed class ReplayCallbackTests : ReplayTest
{
    private const string Failure = "The callback failed.";

    [Theory]
    [InlineData("nothing")]
    [InlineData("writer")]
    [InlineData("framework")]
    [InlineData("framework-fails")]
    [InlineData("hand")]
    public async Task A_throwing_OnStarting_callback_fails_the_request(string kind)
    {
        Logs.ExpectError(record => record.Message.Contains("An unhandled exception", StringComparison.Ordinal));
        using var unobserved = new UnobservedExceptions(Failure);
        await StartReplayAppAsync(endpoints: app => MapKinds(app, context => context.Response.OnStarting(Throw)));

        using HttpResponseMessage response = await Client.GetAsync($"/callback/{kind}").OrTimeout();
        await RunIsOverAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.True((await StateAsync()).IsUnused);
        await App.StopAsync();
        Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
        unobserved.AssertNone();
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("writer")]
    [InlineData("framework")]
    [InlineData("hand")]
    public async Task A_throwing_OnCompleted_callback_is_logged(string kind)
    {
        Logs.ExpectError(record => record.Exception?.Message == Failure);
        int others = 0;
        await StartReplayAppAsync(endpoints: app => MapKinds(app, context =>
        {
            context.Response.OnCompleted(() =>
            {
                others++;
                return Task.CompletedTask;
            });
            context.Response.OnCompleted(Throw);
        }));

        using HttpResponseMessage response = await Client.GetAsync($"/callback/{kind}").OrTimeout();
        await RunIsOverAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(kind != "nothing", (await response.Content.ReadAsStringAsync()).Contains("data: one", StringComparison.Ordinal));
        Assert.Equal(kind == "nothing" ? SseTopicStatus.Open : SseTopicStatus.Completed, (await StateAsync()).Status);
        LogRecord error = Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
        Assert.Contains("/callback/{kind}", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, others);
    }

    [Fact]
    public async Task A_run_that_fails_is_logged_with_its_route()
    {
        Logs.ExpectError(record => record.Message.Contains("for topic", StringComparison.Ordinal));
        await StartReplayAppAsync();
        Feed.Write("1");
        Feed.End(new InvalidOperationException(Failure));

        await ReadToFailureAsync("/writer");
        await RunIsOverAsync();

        LogRecord error = Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
        Assert.Contains("/writer", error.Message, StringComparison.Ordinal);
        Assert.Contains(Topic, error.Message, StringComparison.Ordinal);
    }

    private static void MapKinds(WebApplication app, Action<HttpContext> register) =>
        app.Map("/callback/{kind}", async (HttpContext context, string kind) =>
        {
            register(context);
            switch (kind)
            {
                case "writer":
                    context.Response.ContentType = "text/event-stream";
                    await new SseEventWriter(context.Response.BodyWriter).WriteAsync("one");
                    break;

                case "framework" or "framework-fails":
                    await TypedResults.ServerSentEvents(Items(fails: kind != "framework")).ExecuteAsync(context);
                    break;

                case "hand":
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.WriteAsync("data: one\n\n");
                    break;
            }
        }).WithSseReplay(Topic);

    private static async IAsyncEnumerable<string> Items(bool fails)
    {
        await Task.Yield();
        if (fails)
        {
            throw new InvalidDataException("The iterator fails too.");
        }

        yield return "one";
    }

    private static Task Throw() => throw new InvalidOperationException(Failure);
}
