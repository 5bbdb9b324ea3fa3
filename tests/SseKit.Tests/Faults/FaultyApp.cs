using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SseKit.Tests.Faults;

/// <summary>The endpoints of the model, one for each way to make a stream, all with the same faults.</summary>
internal static class FaultyApp
{
    public static readonly string[] Kinds = ["writer", "plain", "values", "items", "follow", "framework", "foreign"];

    public static void Map(WebApplication app)
    {
        app.UseSse();
        app.Use((context, next) =>
        {
            if (context.Request.Query.ContainsKey("fault"))
            {
                FaultyCase stream = FaultyCase.Of(context);
                context.Response.OnStarting(() =>
                {
                    stream.ThrowIf(Fault.OnStarting);
                    return Task.CompletedTask;
                });
            }

            return next(context);
        });

        RouteGroupBuilder group = app.MapGroup("")
            .WithSseConnectionLimit(1000, context =>
            {
                FaultyCase.Of(context).ThrowIf(Fault.LimitKey);
                return "all";
            })
            .WithSseFailureEvent(exception => FailureEvent(exception));
        group.AddEndpointFilter(async (context, next) =>
        {
            var stream = FaultyCase.Of(context.HttpContext);
            stream.ThrowIf(Fault.FilterBefore);
            object? result = await next(context);
            stream.ThrowIf(Fault.FilterAfter);
            return result;
        });
        group.MapSse("/writer", WriteAsync);
        group.MapGet("/plain", WriteAsync);
        group.MapSse("/values", (HttpContext context, CancellationToken ct) => Values(context, ct));
        group.MapSse("/items", (HttpContext context, CancellationToken ct) => Items(context, ct));
        group.MapSse("/follow", async (HttpContext context, ISsePublisher publisher) =>
        {
            var stream = FaultyCase.Of(context);
            for (int i = 0; i < FaultyCase.Events; i++)
            {
                await publisher.PublishAsync(stream.Name, new FaultyNote(stream with { Fault = Fault.None }, i), i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            await publisher.CompleteAsync(stream.Name);
            return SseResults.Follow([stream.Name], new SseFollowOptions
            {
                StartAt = SseReplayStart.Earliest,
                EventTypeFilter = type =>
                {
                    if (type == stream.At.ToString(System.Globalization.CultureInfo.InvariantCulture))
                    {
                        stream.ThrowIf(Fault.Predicate);
                    }

                    return true;
                },
            });
        });
        group.MapGet("/framework", (HttpContext context, CancellationToken ct) => TypedResults.ServerSentEvents(Items(context, ct)));
        group.MapGet("/foreign", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await foreach (FaultyNote note in Values(context, context.RequestAborted))
            {
                await context.Response.WriteAsync($"data: {JsonSerializer.Serialize(note)}\n\n", context.RequestAborted);
            }
        });
        app.MapGet("/ordinary", () => "ordinary");
    }

    private static SseItem<string>? FailureEvent(Exception exception) => exception.Data.Contains("event")
        ? throw new InvalidOperationException("The failure event fails too.")
        : null;

    private static async Task WriteAsync(HttpContext context, SseEventWriter events)
    {
        await foreach (FaultyNote note in Values(context, context.RequestAborted))
        {
            await events.WriteAsync(note, context.RequestAborted);
        }
    }

    private static async IAsyncEnumerable<SseItem<FaultyNote>> Items(HttpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (FaultyNote note in Values(context, cancellationToken))
        {
            yield return new SseItem<FaultyNote>(note, "note");
        }
    }

    private static async IAsyncEnumerable<FaultyNote> Values(HttpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = FaultyCase.Of(context);
        context.RequestAborted.UnsafeRegister(static stream => ((FaultyCase)stream!).ThrowIf(Fault.TokenCallback), stream);
        for (int i = 0; i < FaultyCase.Events; i++)
        {
            if (i == stream.At)
            {
                await HappenAsync(stream, context, cancellationToken);
            }

            yield return new FaultyNote(stream, i);
            if (i % 2 == 0)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task HappenAsync(FaultyCase stream, HttpContext context, CancellationToken cancellationToken)
    {
        stream.ThrowIf(Fault.Handler);
        switch (stream.Fault)
        {
            case Fault.FailureEvent:
                Exception failure = stream.Failure();
                failure.Data["event"] = true;
                throw failure;

            case Fault.Complete:
                await context.Response.CompleteAsync();
                break;

            case Fault.Abort:
                context.Abort();
                break;

            case Fault.Cancel:
                context.RequestAborted = new CancellationToken(canceled: true);
                break;

            case Fault.TokenCallback:
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
        }
    }
}
