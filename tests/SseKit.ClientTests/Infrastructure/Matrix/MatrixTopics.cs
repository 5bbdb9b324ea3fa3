using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.Hosting;

namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>Publishes a client's stream once for each topic, from its first follower on.</summary>
internal sealed class MatrixTopics(ISsePublisher publisher, IHostApplicationLifetime lifetime)
{
    private readonly ConcurrentDictionary<string, Lazy<Task>> _topics = new();

    /// <summary>Completes when all topics are complete.</summary>
    public Task Published => Task.WhenAll(_topics.Values.Select(static each => each.Value));

    public void Publish(string topic, MatrixClient client) =>
        _ = _topics.GetOrAdd(topic, new Lazy<Task>(() => PublishAsync(topic, client))).Value;

    private async Task PublishAsync(string topic, MatrixClient client)
    {
        await foreach (SseItem<string> item in client.StreamAsync(lifetime.ApplicationStopping))
        {
            // The store assigns ids.
            await publisher.PublishAsync(topic, new SseItem<string>(item.Data, item.EventType), lifetime.ApplicationStopping);
        }

        await publisher.CompleteAsync(topic, lifetime.ApplicationStopping);
    }
}
