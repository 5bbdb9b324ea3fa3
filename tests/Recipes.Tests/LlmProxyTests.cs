using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Recipes.Tests.Infrastructure;
using SseKit;

namespace Recipes.Tests;

/// <summary>The proxy before a model on another server.</summary>
public sealed class LlmProxyTests : RecipeTest
{
    private static readonly object Question = new { model = "m", stream = true, messages = new[] { new { role = "user", content = "?" } } };

    private readonly string _answer = $"/answers/{Guid.NewGuid()}";
    private readonly EventFeed _words = new();
    private int _calls;
    private Func<HttpContext, Task>? _refusal;

    [Fact]
    public async Task Answer_passes_through_and_ends_with_the_terminator()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        await using StreamClient client = await AskAsync(app);

        _words.Send("{\"a\":1}");
        _words.Send("{\"b\":2}");
        _words.End();

        Assert.Equal(["{\"a\":1}", "{\"b\":2}", "[DONE]"], await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Silent_model_keeps_the_stream_open_by_heartbeats()
    {
        KestrelApp app = await StartProxyAsync(
            endsWithDone: true, options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(20));
        await using StreamClient first = await AskAsync(app);
        RawConnection connection = await app.ConnectAsync();

        await connection.GetAsync(_answer);

        await connection.ReadPreambleAsync();
        await connection.ReadUntilAsync("\n:\n");
        _words.End();
    }

    [Fact]
    public async Task Client_that_was_cut_gets_the_rest_of_the_same_answer()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        StreamClient first = await AskAsync(app);
        _words.Send("1");
        Assert.Equal("1", await NextWordAsync(first));
        await first.DisposeAsync();
        _words.Send("2");

        await using StreamClient again = await StreamClient.ConnectAsync(app.CreateClient(), _answer, first.LastEventId);
        Assert.Equal("2", await NextWordAsync(again));
        _words.End();

        Assert.Equal(["[DONE]"], await again.ReadToEndAsync());
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Reloaded_page_reads_the_answer_from_its_beginning()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        await using StreamClient first = await AskAsync(app);
        _words.Send("1");
        await NextWordAsync(first);

        await using StreamClient reloaded = await StreamClient.ConnectAsync(app.CreateClient(), _answer);
        _words.Send("2");
        _words.End();

        Assert.Equal(["1", "2", "[DONE]"], await reloaded.ReadToEndAsync());
    }

    [Fact]
    public async Task Model_that_breaks_off_fails_the_answer_once()
    {
        Logs.ExpectError(IsOfBreak);
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        await using StreamClient client = await AskAsync(app);
        _words.Send("1");
        Assert.Equal("1", await NextWordAsync(client));

        _words.End(new IOException("The model's machine is gone."));

        var rest = await client.ReadToBreakAsync();
        Assert.Contains("cut off", rest[0].Data, StringComparison.Ordinal);
        Assert.Equal(["message", "ssekit.failed"], rest.Select(item => item.EventType));
        await using StreamClient again = await StreamClient.ConnectAsync(app.CreateClient(), _answer, client.LastEventId);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task Model_that_ends_without_done_fails_the_answer()
    {
        Logs.ExpectError(IsOfBreak);
        KestrelApp app = await StartProxyAsync(endsWithDone: false);
        await using StreamClient client = await AskAsync(app);
        _words.Send("1");
        Assert.Equal("1", await NextWordAsync(client));

        _words.End();

        var rest = await client.ReadToBreakAsync();
        Assert.Contains("cut off", rest[0].Data, StringComparison.Ordinal);
        Assert.Equal(["message", "ssekit.failed"], rest.Select(item => item.EventType));
    }

    [Fact]
    public async Task Refusal_of_the_model_keeps_its_status_and_can_be_repeated()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        _refusal = async context =>
        {
            context.Response.StatusCode = 429;
            await context.Response.WriteAsJsonAsync(new { error = new { message = "Slow down." } });
        };

        using HttpResponseMessage refused = await app.CreateClient().PostAsJsonAsync(_answer, Question);
        _refusal = null;
        await using StreamClient client = await AskAsync(app);
        _words.End();

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("Slow down.", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["[DONE]"], await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Unreachable_model_gives_502()
    {
        KestrelApp app = await StartAsync(
            LlmProxy.Recipe, builder => builder.Configuration["Llm:Endpoint"] = $"http://127.0.0.1:{LoopbackPort.Take()}/");

        using HttpResponseMessage refused = await app.CreateClient().PostAsJsonAsync(_answer, Question);

        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
    }

    [Fact]
    public async Task Stop_ends_the_answer_and_the_request_to_the_model()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        await using StreamClient client = await AskAsync(app);
        _words.Send("1");
        Assert.Equal("1", await NextWordAsync(client));

        using HttpResponseMessage stopped = await app.CreateClient().DeleteAsync(_answer);

        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        Assert.Empty(await client.ReadToEndAsync());
        await _words.Ended.OrTimeout();
    }

    [Fact]
    public async Task Answer_that_the_server_has_lost_gets_404()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);
        StreamClient first = await AskAsync(app);
        _words.Send("1");
        await NextWordAsync(first);
        await first.DisposeAsync();
        await app.Services.GetRequiredService<ISseRuns>().StopAsync("answer:" + _answer.Split('/')[2]);
        await PublisherOf(app).DeleteAsync("answer:" + _answer.Split('/')[2]);

        await using StreamClient again = await StreamClient.ConnectAsync(app.CreateClient(), _answer, first.LastEventId);

        Assert.Equal(HttpStatusCode.NotFound, again.Status);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Unknown_answer_gets_404()
    {
        KestrelApp app = await StartProxyAsync(endsWithDone: true);

        await using StreamClient client = await StreamClient.ConnectAsync(app.CreateClient(), _answer);

        Assert.Equal(HttpStatusCode.NotFound, client.Status);
    }

    private static bool IsOfBreak(LogRecord record) => record.Category == "SseKit" && record.Level == LogLevel.Error;

    private static async Task<string> NextWordAsync(StreamClient client)
    {
        while (true)
        {
            var item = await client.NextAsync();
            if (item.EventType == "message")
            {
                return item.Data;
            }
        }
    }

    private async Task<KestrelApp> StartProxyAsync(bool endsWithDone, Action<SseOptions>? configure = null)
    {
        KestrelApp model = await StartAsync(
            app =>
            {
                app.Use(async (context, next) =>
                {
                    Interlocked.Increment(ref _calls);
                    await (_refusal?.Invoke(context) ?? next(context));
                });
                var answers = app.MapSse("/v1/chat/completions", ["POST"], (SseEventWriter events, CancellationToken ct) =>
                    _words.RunAsync(events, ct));
                if (endsWithDone)
                {
                    answers.WithSseTerminator("[DONE]");
                }
            });
        return await StartAsync(
            LlmProxy.Recipe,
            builder =>
            {
                builder.Configuration["Llm:Endpoint"] = new Uri(model.BaseAddress, "v1/").ToString();
                builder.Services.AddSse(configure);
            });
    }

    private async Task<StreamClient> AskAsync(KestrelApp app)
    {
        HttpClient http = app.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, _answer) { Content = JsonContent.Create(Question) };
        return await StreamClient.SendAsync(http, request);
    }
}
