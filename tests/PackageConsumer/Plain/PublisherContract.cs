using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SseKit;

namespace PackageConsumer;

/// <summary>Calls that programs outside the repository make. That they compile, warnings being errors, is the test.</summary>
internal static class PublisherContract
{
    private const string Topic = "orders";

    public static async Task<string[]> PublishAsync<T>(ISsePublisher publisher, SseItem<T> item, T data, JsonTypeInfo<T> jsonTypeInfo) =>
    [
        await publisher.PublishAsync(Topic, data),
        await publisher.PublishAsync(Topic, data, "created"),
        await publisher.PublishAsync(Topic, data, jsonTypeInfo),
        await publisher.PublishAsync(Topic, item),
        await publisher.PublishAsync(Topic, item, new SsePublishOptions { IdempotencyKey = "order-1" }),
    ];

    public static async Task PublishAsync<T>(
        ISsePublisher publisher, SseItem<T> item, T data, JsonTypeInfo<T> jsonTypeInfo, CancellationToken ct)
    {
        string[] ids =
        [
            await publisher.PublishAsync(Topic, data, ct),
            await publisher.PublishAsync(Topic, data, "created", ct),
            await publisher.PublishAsync(Topic, data, eventType: "created", ct),
            await publisher.PublishAsync(Topic, data, eventType: "created", cancellationToken: ct),
            await publisher.PublishAsync(Topic, data, jsonTypeInfo, "created", ct),
            await publisher.PublishAsync(Topic, item, ct),
            await publisher.PublishAsync(Topic, item, jsonTypeInfo, ct),
            await publisher.PublishAsync(
                Topic, item, new SsePublishOptions { IdempotencyKey = "order-1", JsonTypeInfo = jsonTypeInfo }, ct),
            await publisher.PublishAsync(Topic, item, new SsePublishOptions { Transaction = null }, ct),
            await publisher.PublishAsync(Topic, "text", ct),
            await publisher.PublishAsync(Topic, "text"u8.ToArray(), ct),
        ];
        string? last = await publisher.PublishAsync(Topic, new[] { item }, ct);
        last = await publisher.PublishAsync(Topic, new[] { item }.ToAsyncEnumerable(), ct);

        string? newest = await publisher.GetLastEventIdAsync(Topic, ct);
        await foreach (SseItem<string> each in publisher.ReadAsync(Topic, afterEventId: ids[0], ct))
        {
            last = each.EventId;
        }

        await publisher.CompleteAsync(Topic, ct);
        await publisher.DeleteAsync(Topic, ct);
    }

    public static async Task WriteAsync<T>(
        Stream stream, SseItem<T> item, T data, JsonTypeInfo<T> jsonTypeInfo, IAsyncEnumerable<T> source, CancellationToken ct)
    {
        var events = new SseEventWriter(System.IO.Pipelines.PipeWriter.Create(stream), JsonSerializerOptions.Web);
        events = new SseEventWriter(stream);
        await events.WriteAsync("text", ct);
        await events.WriteAsync("text", "type", ct);
        await events.WriteAsync(data, ct);
        await events.WriteAsync(data, "type", ct);
        await events.WriteAsync(data, jsonTypeInfo, "type", ct);
        await events.WriteAsync(item, ct);
        await events.WriteAsync(item, jsonTypeInfo, ct);
        await events.WriteAsync((ReadOnlyMemory<byte>)"text"u8.ToArray(), ct);
        await events.WriteAsync("text"u8.ToArray(), "type", ct);
        await events.WriteCommentAsync("comment", ct);
        await events.WriteEventIdAsync("id", ct);
        await events.WriteRetryAsync(TimeSpan.FromSeconds(3), ct);
        string[] words = ["a", "b"];
        await events.WriteAllAsync(words, ct);
        await events.WriteAllAsync(new[] { item }, ct);
        await events.WriteAllAsync(source, ct);
        await events.WriteAllAsync(source, "type", ct);
        await events.WriteAllAsync(source.Select(each => new SseItem<T>(each)), ct);
        string? lastEventId = events.LastEventId;
        Console.WriteLine(lastEventId);
    }
}
