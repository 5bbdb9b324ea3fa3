using System.Diagnostics;
using System.Net.ServerSentEvents;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>Publishes many events in pages, each of which is one append.</summary>
internal sealed partial class Publisher
{
    // A page holds a topic's lock in the store while it is appended, and memory until then (I8).
    private const int MaxPageEvents = 256;
    private const int MaxPageBytes = 1024 * 1024;

    public async ValueTask<string?> PublishAsync<T>(
        string topic, IEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        await CallerContext.LeaveAsync();
        return await PublishAsync(topic, items.ToAsyncEnumerable(), cancellationToken);
    }

    // The source is code of the caller, and continues on its context. Each page is published outside of it.
    public async ValueTask<string?> PublishAsync<T>(
        string topic, IAsyncEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default)
    {
        TopicName.Check(topic, nameof(topic));
        ArgumentNullException.ThrowIfNull(items);
        var pages = new Pages(this, topic, cancellationToken);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using IAsyncEnumerator<SseItem<T>> source = items.GetAsyncEnumerator(stopping.Token);
        try
        {
            while (await MoveNextAsync(source, pages, stopping))
            {
                if (pages.Add(encoder.Encode(source.Current, jsonTypeInfo: null)))
                {
                    await pages.AppendAsync();
                }
            }
        }
        catch (Exception) when (pages.HasEvents)
        {
            // What came before the failure is published.
            await pages.AppendAsync();
            throw;
        }

        return await pages.AppendAsync();
    }

    // An event does not wait for the next one: if the source has none ready, the page is appended meanwhile.
    private static async ValueTask<bool> MoveNextAsync<T>(
        IAsyncEnumerator<SseItem<T>> source, Pages pages, CancellationTokenSource stopping)
    {
        ValueTask<bool> next = source.MoveNextAsync();
        if (next.IsCompleted || !pages.HasEvents)
        {
            return await next;
        }

        Task<bool> moving = next.AsTask();
        try
        {
            await pages.AppendAsync();
        }
        catch
        {
            // An iterator cannot be disposed while it runs.
            await stopping.CancelAsync();
            await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await moving;
    }

    private sealed class Pages(Publisher publisher, string topic, CancellationToken cancellationToken)
    {
        private List<ReadOnlyMemory<byte>> _page = [];
        private int _bytes;
        private string? _lastId;

        public bool HasEvents => _page.Count > 0;

        /// <summary>Adds an event, and returns whether the page is full.</summary>
        public bool Add(ReadOnlyMemory<byte> payload)
        {
            _page.Add(payload);
            _bytes += payload.Length;
            return _page.Count >= MaxPageEvents || _bytes >= MaxPageBytes;
        }

        /// <summary>Appends the page if it has events, and returns the id of the last event that was appended.</summary>
        public async ValueTask<string?> AppendAsync()
        {
            if (HasEvents)
            {
                var request = new SseAppendRequest { Topic = topic, Payloads = _page };
                _page = [];
                _bytes = 0;
                Activity? activity = PublishActivity.Start(topic, request.Payloads.Count);
                _lastId = await publisher.PublishAsync(activity, request, transaction: null, cancellationToken);
            }

            return _lastId;
        }
    }
}
