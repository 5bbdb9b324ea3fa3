using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.StoreSpecification;

namespace SseKit.Tests.Replay;

/// <summary>The topic of a request: refused if there is none, and read from the body even if other code has read it.</summary>
public sealed class ReplayTopicTests : ReplayTest
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("long")]
    public async Task A_request_without_a_valid_topic_is_refused(string? topic)
    {
        string? name = topic == "long" ? new string('x', 257) : topic;
        await StartReplayAppAsync(endpoints: app =>
        {
            app.MapSse("/sync", (CancellationToken ct) => Feed.RunAsync(ct)).WithSseReplay(_ => name);
            app.MapGet("/async", (CancellationToken ct) => TypedResults.ServerSentEvents(Feed.RunAsync(ct))).WithSseReplay(async _ =>
            {
                await Task.Yield();
                return name;
            });
        });

        foreach (string path in (string[])["/sync", "/async"])
        {
            using HttpResponseMessage response = await Client.GetAsync(path);

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(400, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetInt32());
        }

        Assert.Equal(0, Feed.Runs);
    }

    [Theory]
    [InlineData("untouched")]
    [InlineData("buffered")]
    [InlineData("bound")]
    public async Task A_topic_can_be_read_from_the_body(string mode)
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.Use(async (context, next) =>
            {
                if (mode == "buffered")
                {
                    context.Request.EnableBuffering();
                    _ = await new StreamReader(context.Request.Body).ReadToEndAsync();
                }

                await next(context);
            });
            RouteHandlerBuilder endpoint = mode == "bound"
                ? app.MapSse(
                    "/runs",
                    ["POST"],
                    (RunInput input, SseEventWriter events, CancellationToken ct) => events.WriteAsync(input.Text, ct).AsTask())
                : app.MapSse("/runs", ["POST"], async (HttpContext context, SseEventWriter events, CancellationToken ct) =>
                {
                    var input = await context.Request.ReadFromJsonAsync<RunInput>(ct);
                    await events.WriteAsync(input!.Text, ct);
                });
            endpoint.WithSseReplay(async context => (await context.Request.ReadFromJsonAsync<RunInput>())?.RunId);
        });

        string first = await AskAsync(new RunInput("a", "one"));
        string second = await AskAsync(new RunInput("b", "two"));
        string again = await AskAsync(new RunInput("a", "three"));

        Assert.Contains("data: one\n", first, StringComparison.Ordinal);
        Assert.Contains("data: two\n", second, StringComparison.Ordinal);
        Assert.Contains("data: one\n", again, StringComparison.Ordinal);

        async Task<string> AskAsync(RunInput input) => await (await Client.PostAsJsonAsync("/runs", input)).Content.ReadAsStringAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_topic_can_be_read_from_a_form(bool isRead)
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.Use(async (context, next) =>
            {
                if (isRead && context.Request.HasFormContentType)
                {
                    await context.Request.ReadFormAsync();
                }

                await next(context);
            });
            app.MapSse("/form", ["POST"], async (HttpContext context, SseEventWriter events, CancellationToken ct) =>
            {
                IFormCollection form = await context.Request.ReadFormAsync(ct);
                using var file = new StreamReader(form.Files["file"]!.OpenReadStream());
                await events.WriteAsync($"{form["text"]} {await file.ReadToEndAsync(ct)}", ct);
            }).WithSseReplay(context => context.Request.Form["id"]);
        });
        using var form = new MultipartFormDataContent
        {
            { new StringContent("7"), "id" },
            { new StringContent("hello"), "text" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes("content")), "file", "name.txt" },
        };

        using HttpResponseMessage response = await Client.PostAsync("/form", form);

        Assert.Contains("data: hello content\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False((await Store.GetStateAsync("7", CancellationToken.None)).IsUnused);
    }

    private sealed record RunInput(string RunId, string Text);
}
