using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>Typical calls. Compiling them is half of each test.</summary>
public sealed class OverloadTests : ServerTest
{
    [Fact]
    public async Task An_async_lambda_with_types() => await AssertStreamAsync(
        app => app.MapSse("/", async (SseEventWriter events, CancellationToken ct) => { await events.WriteAsync("tick", ct); }),
        "data: tick\n\n");

    [Fact]
    public async Task An_async_lambda_without_types() => await AssertStreamAsync(
        app => app.MapSse("/", async (events, ct) => await events.WriteAsync("tick", ct)),
        "data: tick\n\n");

    [Fact]
    public async Task An_async_lambda_with_the_context_and_without_types() => await AssertStreamAsync(
        app => app.MapSse("/", async (context, events, ct) => await events.WriteAsync("tick", context.RequestAborted)),
        "data: tick\n\n");

    [Fact]
    public async Task A_lambda_that_returns_the_write() => await AssertStreamAsync(
        app => app.MapSse("/", (SseEventWriter events, CancellationToken ct) => events.WriteAsync("tick", ct)),
        "data: tick\n\n");

    [Fact]
    public async Task A_lambda_that_throws_into_a_typed_overload() => await AssertStreamAsync(
        app => app.MapSse("/", async (SseEventWriter events, CancellationToken ct) =>
        {
            await events.WriteAsync("tick", ct);
            if (ct.IsCancellationRequested)
            {
                throw new InvalidOperationException("never");
            }
        }),
        "data: tick\n\n");

    [Fact]
    public async Task A_service_that_yields() => await AssertStreamAsync(
        app => app.MapSse("/", (string? symbol, Quotes quotes, CancellationToken ct) => quotes.WatchAsync(symbol ?? "MSFT", ct)),
        "data: {\"symbol\":\"MSFT\",\"price\":1}\n\n");

    [Fact]
    public async Task A_method_that_writes() => await AssertStreamAsync(app => app.MapSse("/", TickAsync), "data: tick\n\n");

    [Fact]
    public async Task A_method_that_writes_and_binds() => await AssertStreamAsync(app => app.MapSse("/", BoundTickAsync), "data: tick\n\n");

    [Fact]
    public async Task A_method_that_yields() => await AssertStreamAsync(app => app.MapSse("/", TicksAsync), "data: tick\n\n");

    [Fact]
    public async Task A_method_of_a_service_that_yields() =>
        await AssertStreamAsync(app => app.MapSse("/", new Quotes().WatchAllAsync), "data: {\"symbol\":\"*\",\"price\":1}\n\n");

    [Fact]
    public async Task A_prompt_that_is_posted()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/chat", ["POST"], async (Prompt prompt, Quotes quotes, SseEventWriter events, CancellationToken ct) =>
            {
                await foreach (Quote quote in quotes.WatchAsync(prompt.Text, ct))
                {
                    await events.WriteAsync(quote.Symbol, ct);
                }
            }),
            builder => builder.Services.AddSingleton<Quotes>());
        var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = JsonContent.Create(new Prompt("MSFT")) };

        using StreamingResponse response = await StreamingResponse.SendAsync(app.CreateClient(), request);

        Assert.Equal("data: MSFT\n\n", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task A_result_that_decides() => await AssertStreamAsync(
        app => app.MapSse("/", IResult (SseEventWriter events) => Results.Text("no stream", "text/plain")), "no stream", isStream: false);

    private async Task AssertStreamAsync(Action<WebApplication> map, string expected, bool isStream = true)
    {
        KestrelApp app = await StartAsync(map, builder => builder.Services.AddSingleton<Quotes>());

        using StreamingResponse response = await app.CreateClient().OpenAsync("/");

        string body = await response.ReadToEndAsync();
        Assert.Equal(expected, isStream ? body.AfterPreamble() : body);
    }

    private static async Task TickAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        await events.WriteAsync("tick", cancellationToken);

    private static async Task BoundTickAsync(
        string? word, SseEventWriter events, HttpContext context, CancellationToken cancellationToken) =>
        await events.WriteAsync(word ?? "tick", cancellationToken);

    private static async IAsyncEnumerable<string> TicksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        yield return "tick";
    }

    private sealed record Prompt(string Text);

    private sealed record Quote(string Symbol, int Price);

    private sealed class Quotes
    {
        public async IAsyncEnumerable<Quote> WatchAsync(string symbol, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new Quote(symbol, 1);
        }

        public IAsyncEnumerable<Quote> WatchAllAsync(HttpContext context, CancellationToken cancellationToken) =>
            WatchAsync("*", cancellationToken);
    }
}
