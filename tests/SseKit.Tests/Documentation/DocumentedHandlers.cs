using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Tests.Documentation;

/// <summary>The code of handlers.md, protocols.md and getting-started.md.</summary>
internal static class DocumentedHandlers
{
    internal interface IChatClient
    {
        IAsyncEnumerable<Update> GetStreamingResponseAsync(string text, CancellationToken cancellationToken);
    }

    internal interface IQuotes
    {
        IAsyncEnumerable<decimal> Watch(string symbol, CancellationToken ct);
    }

    internal interface IOrder
    {
        IAsyncEnumerable<Update> ChangesAsync(CancellationToken ct);
    }

    public static void MapHandlers(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/clock", async (SseEventWriter events, CancellationToken ct) =>
        {
            while (true)
            {
                await events.WriteAsync($"{DateTime.Now:T}", ct);
                await Task.Delay(1000, ct);
            }
        });

        app.MapSse("/chat", ["POST"], async (Prompt prompt, IChatClient chat, SseEventWriter events, CancellationToken ct) =>
        {
            await foreach (var update in chat.GetStreamingResponseAsync(prompt.Text, cancellationToken: ct))
            {
                await events.WriteAsync(new { update.Text }, "delta", ct);
            }
        });

        app.MapSse("/quotes/{symbol}", (string symbol, IQuotes quotes, CancellationToken ct) => quotes.Watch(symbol, ct));

        app.MapSse("/orders/{id}", async Task<IResult> (int id, Orders orders, SseEventWriter events, CancellationToken ct) =>
        {
            if (await orders.FindAsync(id, ct) is not { } order)
            {
                return Results.NotFound();
            }

            await foreach (var change in order.ChangesAsync(ct))
            {
                await events.WriteAsync(change, "changed", ct);
            }

            return Results.Empty;
        });
    }

    public static void MapProtocols(WebApplication app)
    {
        app.MapSse(
            "/v1/chat/completions",
            ["POST"],
            async (Prompt request, IChatClient chat, SseEventWriter events, CancellationToken ct) => await events.WriteAsync(request, ct))
        .WithSseTerminator("[DONE]")
        .WithSseFailureEvent(failure => new SseItem<string>("""{"error":{"message":"The answer failed."}}"""));

        app.MapSse("/gemini", (events, ct) => Task.CompletedTask)
        .WithSseOptions(o => o.HeartbeatEvent = new SseItem<string>("{\"candidates\":[]}"))
        ;
    }

    public static void Add(WebApplicationBuilder builder) => builder.Services.AddSingleton<Orders>();

    internal sealed record Prompt(string Text);

    internal sealed record Update(string Text);

    internal sealed class Orders
    {
        public Task<IOrder?> FindAsync(int id, CancellationToken ct) => Task.FromResult<IOrder?>(null).WaitAsync(ct);
    }
}
