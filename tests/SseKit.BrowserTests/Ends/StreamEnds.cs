using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.BrowserTests.Ends;

/// <summary>Endpoints whose streams end in each way, for each client, and the requests that the clients made.</summary>
internal sealed class StreamEnds
{
    /// <summary>What <see cref="Observe"/> returns for a client that sends no other request.</summary>
    public const string Stops = "stops";

    // A text that the AI SDK also accepts.
    private const string Data = """{"type":"start"}""";

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>The last event ids of the requests, by client and end.</summary>
    private readonly ConcurrentDictionary<(string Client, string End), ConcurrentQueue<string?>> _requests = new();

    /// <summary>
    /// The ends: a handler that returns, a connection that breaks, a disconnection by the app and a stop of the host with the default
    /// options, 204 and 503 after a connection that broke, and a topic that is complete.
    /// </summary>
    public static string[] Names { get; } = ["complete", "broken", "cut", "stopped", "no-content", "busy", "topic"];

    public int RequestsOf(EndsClient client, string end) => IdsOf(client.Name, end).Count;

    /// <summary>
    /// Returns how many requests a client has sent when it meets an end: some ends follow a connection that broke, or that read the whole
    /// topic.
    /// </summary>
    public int RequestsBefore(EndsClient client, string end) => end switch
    {
        _ when client.AsksOnce => 1,
        "topic" => 2,
        "no-content" or "busy" => IdsOf(client.Name, end).TakeWhile(static id => id is null).Count() + 1,
        _ => 1,
    };

    /// <summary>Returns what a client does after an end.</summary>
    /// <returns>
    /// <c>resumes</c>: it sends another request with its last event id; <c>returns</c>: without it; <c>stops</c>: it sends none.
    /// </returns>
    public string Observe(EndsClient client, string end)
    {
        string?[] ids = [.. IdsOf(client.Name, end)];
        if (ids.Length <= RequestsBefore(client, end))
        {
            return Stops;
        }

        // On a busy machine a break can precede the first event. A client that keeps an id sends it ever after.
        return ids.SkipWhile(id => id is null).DefaultIfEmpty().All(id => id is not null) ? "resumes" : "returns";
    }

    public void Map(WebApplication app)
    {
        app.Use((context, next) => AnswerAsync(context, next));
        RouteGroupBuilder ends = app.MapGroup("/ends/{client}").WithSseOptions(options => options.Retry = options.ShutdownRetry = Retry);
        ends.MapSse("complete/{**rest}", WriteAsync);
        ends.MapSse("cut/{**rest}", WriteAndDisconnectAsync);
        ends.MapSse("stopped/{**rest}", async (SseEventWriter events, CancellationToken cancellationToken) =>
        {
            await WriteAsync(events, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });
        foreach (string end in (string[])["broken", "no-content", "busy"])
        {
            ends.MapSse(end + "/{**rest}", WriteAndDisconnectAsync).WithSseOptions(options => options.ShutdownEnd = SseShutdownEnd.Abort);
        }

        ends.MapSse("topic/{**rest}", (string client) => SseResults.Follow(["complete"], FollowOf(client)));
    }

    /// <summary>Publishes and completes the topic that is complete.</summary>
    public static async Task PublishAsync(IServiceProvider services)
    {
        ISsePublisher publisher = services.GetRequiredService<ISsePublisher>();
        await publisher.PublishAsync("complete", Data);
        await publisher.CompleteAsync("complete");
    }

    private static SseFollowOptions FollowOf(string client) => new()
    {
        StartAt = SseReplayStart.Earliest,
        Format = EndsClient.Named(client).AsksOnce ? SseFollowFormat.Plain : SseFollowFormat.Full,
    };

    private static ValueTask WriteAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        events.WriteAsync(new SseItem<string>(Data) { EventId = "1" }, cancellationToken);

    private static async Task WriteAndDisconnectAsync(HttpContext context, SseEventWriter events, CancellationToken cancellationToken)
    {
        await WriteAsync(events, cancellationToken);
        context.DisconnectSse();
    }

    private ConcurrentQueue<string?> IdsOf(string client, string end) => _requests.GetOrAdd((client, end), static _ => new());

    private Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value!.Split('/') is not ["", "ends", string client, string end, ..] || !Names.Contains(end))
        {
            return next(context);
        }

        ConcurrentQueue<string?> ids = IdsOf(client, end);
        ids.Enqueue(context.Request.Headers["Last-Event-ID"].FirstOrDefault());

        // On a busy machine a client does not read the event before the break. It gets the stream until it has an id.
        bool hasId = EndsClient.Named(client).AsksOnce || ids.Any(static id => id is not null);
        if (!hasId || end is not ("no-content" or "busy"))
        {
            return next(context);
        }

        context.Response.StatusCode = end == "busy" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
