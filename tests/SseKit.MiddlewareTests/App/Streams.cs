using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SseKit.MiddlewareTests.App;

/// <summary>Every kind of stream that an app can have, all with the same script.</summary>
public static class Streams
{
    /// <summary>Streams that SseKit maps, and results of SseKit.</summary>
    public static readonly string[] Own =
        ["writer", "typed", "plain", "post", "yields", "items", "result", "follow", "follow-get", "follow-mvc", "replay", "replay-sse"];

    /// <summary>Streams of other code, which UseSse intercepts.</summary>
    public static readonly string[] Foreign =
        ["framework", "framework-mvc", "loop", "loop-pipe", "loop-mvc", "proxied", "proxied-framework"];

    /// <summary>Streams by POST that open before their first event, which is late.</summary>
    public static readonly string[] Silent = ["silent-writer", "silent-yields", "silent-framework", "silent-loop", "silent-pipe"];

    public static string[] All => [.. Own, .. Foreign];

    public static TheoryData<string, int> OnEachVersion(string[] kinds)
    {
        var data = new TheoryData<string, int>();
        foreach (string kind in kinds)
        {
            data.Add(kind, 1);
            data.Add(kind, 2);
        }

        return data;
    }

    /// <summary>Whether the handler runs detached from its clients.</summary>
    public static bool IsRun(string kind) => kind.StartsWith("replay", StringComparison.Ordinal);

    /// <summary>Whether the stream's events come from a publisher.</summary>
    public static bool IsFollowed(string kind) => kind.StartsWith("follow", StringComparison.Ordinal);

    public static HttpMethod MethodOf(string kind) => kind == "post" || Silent.Contains(kind) ? HttpMethod.Post : HttpMethod.Get;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapSse("/writer", async (HttpContext context, Script script, SseEventWriter events, CancellationToken ct) =>
            await events.WriteAllAsync(script.EventsAsync(Script.ClientOf(context), ct), ct));
        app.MapSse("/typed", async (context, events, ct) => await WriteAsync(context, events, ct));
        app.MapGet("/plain", WriteAsync);
        app.MapSse("/post", ["POST"], async (Question question, HttpContext context, SseEventWriter events, CancellationToken ct) =>
        {
            Assert.Equal("why?", question.Text);
            await WriteAsync(context, events, ct);
        });
        app.MapSse(
            "/yields", (HttpContext context, Script script, CancellationToken ct) => script.EventsAsync(Script.ClientOf(context), ct));
        app.MapSse("/items", ItemsAsync);
        app.MapSse("/result", WriteWithResultAsync);
        app.MapSse("/follow", (HttpContext context) => Follow(context, "follow"));
        app.MapGet("/follow-get", (HttpContext context) => Follow(context, "follow-get"));
        app.MapGet("/replay", Framework).WithSseReplay(context => $"replay:{Script.ClientOf(context)}");
        app.MapSse("/replay-sse", WriteAsync).WithSseReplay(context => $"replay-sse:{Script.ClientOf(context)}");

        // A heartbeat must not open them before their own first flush.
        RouteGroupBuilder silent = app.MapGroup("");
        silent.WithSseHeartbeat(Timeout.InfiniteTimeSpan);
        silent.MapSse("/silent-writer", ["POST"], async (HttpContext context, Script script, SseEventWriter events, CancellationToken ct) =>
            await events.WriteAllAsync(script.LateEventsAsync(Script.ClientOf(context), ct), ct));
        silent.MapSse("/silent-yields", ["POST"], (HttpContext context, Script script, CancellationToken ct) =>
            script.LateEventsAsync(Script.ClientOf(context), ct));
        silent.MapPost("/silent-framework", (HttpContext context, Script script) =>
            TypedResults.ServerSentEvents(script.LateEventsAsync(Script.ClientOf(context), context.RequestAborted)));
        silent.MapPost(
            "/silent-loop", context => LoopSilentlyAsync(context, () => context.Response.Body.FlushAsync(context.RequestAborted)));
        silent.MapPost(
            "/silent-pipe",
            context => LoopSilentlyAsync(context, async () => await context.Response.BodyWriter.FlushAsync(context.RequestAborted)));

        // An output cache with a base policy makes the second client wait for the first. Only an endpoint's metadata can opt out of that.
        RouteGroupBuilder foreign = app.MapGroup("").WithMetadata(new OutputCacheAttribute { NoStore = true });
        foreign.MapGet("/framework", Framework);
        foreign.MapGet("/loop", LoopAsync);
        foreign.MapGet("/loop-pipe", LoopOverPipeAsync);
    }

    public static ServerSentEventsResult<string> Framework(HttpContext context) =>
        TypedResults.ServerSentEvents(ScriptOf(context).EventsAsync(Script.ClientOf(context), context.RequestAborted));

    public static SseFollowResult Follow(HttpContext context, string kind)
    {
        string topic = $"{kind}:{Script.ClientOf(context)}";
        _ = PublishAsync(context.RequestServices, topic, Script.ClientOf(context));
        return SseResults.Follow([topic], new SseFollowOptions { StartAt = SseReplayStart.Earliest });
    }

    public static async Task LoopAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await foreach (string text in ScriptOf(context).EventsAsync(Script.ClientOf(context), context.RequestAborted))
        {
            await context.Response.WriteAsync(Frame(text), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task LoopSilentlyAsync(HttpContext context, Func<Task> flush)
    {
        context.Response.ContentType = "text/event-stream";
        await flush();
        await foreach (string text in ScriptOf(context).LateEventsAsync(Script.ClientOf(context), context.RequestAborted))
        {
            await context.Response.WriteAsync(Frame(text), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task LoopOverPipeAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await foreach (string text in ScriptOf(context).EventsAsync(Script.ClientOf(context), context.RequestAborted))
        {
            Encoding.UTF8.GetBytes(Frame(text), context.Response.BodyWriter);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task WriteAsync(HttpContext context, SseEventWriter events, CancellationToken cancellationToken)
    {
        await foreach (string text in ScriptOf(context).EventsAsync(Script.ClientOf(context), cancellationToken))
        {
            await events.WriteAsync(text, cancellationToken);
        }
    }

    private static async Task<Results<NotFound, EmptyHttpResult>> WriteWithResultAsync(
        HttpContext context, SseEventWriter events, CancellationToken cancellationToken)
    {
        await WriteAsync(context, events, cancellationToken);
        return TypedResults.Empty;
    }

    private static async IAsyncEnumerable<SseItem<string>> ItemsAsync(
        HttpContext context, Script script, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string text in script.EventsAsync(Script.ClientOf(context), cancellationToken))
        {
            yield return new SseItem<string>(text);
        }
    }

    private static async Task PublishAsync(IServiceProvider services, string topic, string client)
    {
        var publisher = services.GetRequiredService<ISsePublisher>();
        CancellationToken stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await foreach (string text in services.GetRequiredService<Script>().EventsAsync(client, stopping))
        {
            await publisher.PublishAsync(topic, text, stopping);
        }

        await publisher.CompleteAsync(topic, stopping);
    }

    private static string Frame(string text) => $"data: {text.ReplaceLineEndings("\ndata: ")}\n\n";

    private static Script ScriptOf(HttpContext context) => context.RequestServices.GetRequiredService<Script>();
}
