using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Tests.Faults;

/// <summary>The endpoints of the model, one for each way to make a stream, all with the same faults.</summary>
internal static class FaultyApp
{
    /// <summary>The prefix of the model's routes, which distinguishes them from those of other tests in the process.</summary>
    public const string Prefix = "/faults/";

    public static readonly string[] Kinds =
        ["writer", "plain", "post", "values", "items", "follow", "several", "framework", "union", "foreign", "mvc", "replay"];

    public static void Map(WebApplication app)
    {
        app.UseSse();
        app.Use((context, next) =>
        {
            if (context.Request.Query.ContainsKey("fault"))
            {
                FaultyCase stream = FaultyCase.Of(context);
                context.Response.OnCompleted(() =>
                {
                    stream.ThrowIf(Fault.OnCompleted);
                    return Task.CompletedTask;
                });
                context.Response.OnStarting(() =>
                {
                    stream.ThrowIf(Fault.OnStarting);
                    return Task.CompletedTask;
                });
            }

            return next(context);
        });

        RouteGroupBuilder group = app.MapGroup(Prefix)
            .WithSseConnectionLimit(1000, LimitKey)
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
        group.MapSse("/post", ["POST"], WriteAsync);
        group.MapSse("/follow", FollowAsync);
        group.MapSse("/several", FollowAsync);
        group.MapSse("/union", Results<NotFound, ServerSentEventsResult<FaultyNote>> (HttpContext context, CancellationToken ct) =>
            TypedResults.ServerSentEvents(Items(context, ct)));
        group.MapSse("/replay", WriteAsync).WithSseReplay(context =>
        {
            var stream = FaultyCase.Of(context);
            stream.ThrowIf(Fault.Topic);
            context.RequestServices.GetService<FaultyStore>()?.Expect(stream);
            return stream.Topics[0];
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
        app.MapControllers().WithSseConnectionLimit(1000, LimitKey).WithSseFailureEvent(exception => FailureEvent(exception));
        app.MapGet("/ordinary", () => "ordinary");
    }

    private static string LimitKey(HttpContext context)
    {
        FaultyCase.Of(context).ThrowIf(Fault.LimitKey);
        return "all";
    }

    // A client that reconnects finds its events there.
    private static async Task<SseFollowResult> FollowAsync(HttpContext context, ISsePublisher publisher)
    {
        var stream = FaultyCase.Of(context);
        if (!context.Request.Headers.ContainsKey("Last-Event-ID"))
        {
            context.RequestServices.GetService<FaultyStore>()?.Expect(stream);
            await FaultyPublisher.PublishAllAsync(publisher, stream);
        }

        return SseResults.Follow(stream.Topics, new SseFollowOptions
        {
            StartAt = SseReplayStart.Earliest,
            EventTypeFilter = type =>
            {
                if (type == FaultyPublisher.TypeOf(stream.At))
                {
                    stream.ThrowIf(Fault.Predicate);
                }

                return true;
            },
        });
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

    public static async IAsyncEnumerable<SseItem<FaultyNote>> Items(
        HttpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (FaultyNote note in Values(context, cancellationToken))
        {
            yield return new SseItem<FaultyNote>(note, "note");
        }
    }

    private static async IAsyncEnumerable<FaultyNote> Values(
        HttpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = FaultyCase.Of(context);
        context.RequestAborted.UnsafeRegister(static stream => ((FaultyCase)stream!).ThrowIf(Fault.TokenCallback), stream);
        try
        {
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
        finally
        {
            stream.ThrowIf(Fault.Finally);
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

            case Fault.WriterComplete:
                context.Response.BodyWriter.Complete();
                break;

            case Fault.WriterCompleteAsync:
                await context.Response.BodyWriter.CompleteAsync();
                break;

            case Fault.Reset when context.Features.Get<IHttpResetFeature>() is { } reset:
                reset.Reset(2);
                break;

            case Fault.Abort or Fault.Reset:
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
