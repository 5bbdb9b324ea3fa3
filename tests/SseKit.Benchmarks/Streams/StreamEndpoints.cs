using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Streams;

/// <summary>Equal events from SseKit, from the framework, and as ready bytes.</summary>
internal static class StreamEndpoints
{
    // The same batch size as SseKit's.
    private const int BatchBytes = 16 * 1024;

    public static void Map(WebApplication app, string text)
    {
        byte[] ready = Encoding.UTF8.GetBytes($"data: {text}\n\n");
        var quote = new Quote("ACME", 42.5, 1200);

        app.MapSse("/ssekit/items", (int count) => Repeat(text, count));
        app.MapSse("/ssekit/run/items", (int count) => Repeat(text, count)).WithSseReplay("items", RunAgain);
        app.MapGet("/framework/items", (int count) => TypedResults.ServerSentEvents(Repeat(text, count)));
        app.MapGet("/bare/items", (HttpContext context, int count) => WriteBatchedAsync(context.Response, ready, count));
        app.MapGet("/bare/iterator", (HttpContext context, int count) => WriteIteratedAsync(context.Response, Repeat(ready, count)));

        app.MapSse("/ssekit/json", (int count) => Repeat(quote, count));
        app.MapGet("/framework/json", (int count) => TypedResults.ServerSentEvents(Repeat(quote, count)));

        app.MapSse("/ssekit/each", WriteEachAsync);
        app.MapSse("/ssekit/run/each", WriteEachAsync).WithSseReplay("each", RunAgain);
        app.MapGet("/bare/each", (HttpContext context, int count) => WriteReadyAsync(context.Response, ready, count));

        async Task WriteEachAsync(SseEventWriter events, int count, CancellationToken cancellationToken)
        {
            for (int i = 0; i < count; i++)
            {
                await events.WriteAsync(text, cancellationToken);
            }
        }
    }

    /// <summary>Lets the store hold a whole run, however long it is.</summary>
    public static void KeepRuns(ISseBuilder sse) => sse.AddInMemoryEventStore(store =>
    {
        store.MaxEventsPerTopic = int.MaxValue;
        store.MaxBytesPerTopic = long.MaxValue;
        store.MaxBytes = long.MaxValue;
    });

    // The bytes on the wire are those of the same handler without replay.
    private static void RunAgain(SseReplayOptions options)
    {
        options.RerunPolicy = SseRerunPolicy.AfterEnd;
        options.Format = SseFollowFormat.Plain;
    }

    private static async Task WriteBatchedAsync(HttpResponse response, byte[] ready, int count)
    {
        PipeWriter pipe = await StartAsync(response);
        int unflushed = 0;
        for (int i = 0; i < count; i++)
        {
            pipe.Write(ready);
            unflushed += ready.Length;
            if (unflushed >= BatchBytes)
            {
                await pipe.FlushAsync();
                unflushed = 0;
            }
        }

        await pipe.FlushAsync();
    }

    private static async Task WriteIteratedAsync(HttpResponse response, IAsyncEnumerable<byte[]> items)
    {
        PipeWriter pipe = await StartAsync(response);
        int unflushed = 0;
        await foreach (byte[] ready in items)
        {
            pipe.Write(ready);
            unflushed += ready.Length;
            if (unflushed >= BatchBytes)
            {
                await pipe.FlushAsync();
                unflushed = 0;
            }
        }

        await pipe.FlushAsync();
    }

    private static async Task WriteReadyAsync(HttpResponse response, byte[] ready, int count)
    {
        PipeWriter pipe = await StartAsync(response);
        for (int i = 0; i < count; i++)
        {
            pipe.Write(ready);
            await pipe.FlushAsync();
        }
    }

    private static async Task<PipeWriter> StartAsync(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        await response.StartAsync();
        return response.BodyWriter;
    }

    private static async IAsyncEnumerable<T> Repeat<T>(T item, int count)
    {
        await ValueTask.CompletedTask;
        for (int i = 0; i < count; i++)
        {
            yield return item;
        }
    }
}
