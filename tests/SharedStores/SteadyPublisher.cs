using System.Net.ServerSentEvents;

namespace SseKit.SharedStores;

/// <summary>Publishes the numbers from 1, each with a key, and repeats a publish until it succeeds.</summary>
internal sealed class SteadyPublisher : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _publishing;
    private int _published;
    private int _failed;

    public SteadyPublisher(ISsePublisher publisher, string topic) => _publishing = Task.Run(() => PublishAsync(publisher, topic));

    /// <summary>Completes when as many more are published.</summary>
    public Task PublishedAsync(int more)
    {
        int target = Volatile.Read(ref _published) + more;
        return TestTimeout.UntilAsync(() => Volatile.Read(ref _published) >= target || _publishing.IsFaulted);
    }

    /// <summary>Completes when a publish fails again.</summary>
    public Task FailedAsync()
    {
        int before = Volatile.Read(ref _failed);
        return TestTimeout.UntilAsync(() => Volatile.Read(ref _failed) > before);
    }

    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        await _publishing.OrTimeout();
        return _published;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task PublishAsync(ISsePublisher publisher, string topic)
    {
        while (!_stop.IsCancellationRequested)
        {
            string text = $"{_published + 1}";
            try
            {
                await publisher.PublishAsync(
                    topic, new SseItem<string>(text), new SsePublishOptions { IdempotencyKey = $"key {text}" });
                Interlocked.Increment(ref _published);
            }
            catch (Exception exception) when (StoreTest.IsOutage(exception))
            {
                Interlocked.Increment(ref _failed);
                await Task.Delay(10);
            }
        }
    }
}
