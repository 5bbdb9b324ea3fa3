using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

public sealed class PublishManyTests : IDisposable
{
    private readonly RecordingStore _store = new();
    private readonly TopicRegistry _topics;
    private readonly Publisher _publisher;
    private readonly WakeCounter _listener = new();

    public PublishManyTests()
    {
        _topics = new TopicRegistry(_store, new ManualTimeProvider(), Unmeasured.Metrics);
        _publisher = new Publisher(_store, _topics, new EventEncoder(JsonSerializerOptions.Web, maxEventSize: 600_000), Unmeasured.Metrics);
    }

    public void Dispose()
    {
        _topics.Dispose();
        _listener.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData(0, new int[0])]
    [InlineData(1, new[] { 1 })]
    [InlineData(256, new[] { 256 })]
    [InlineData(600, new[] { 256, 256, 88 })]
    public async Task Many_events_are_appended_in_pages(int count, int[] pages)
    {
        string? id = await _publisher.PublishAsync("topic", Items(Enumerable.Range(1, count)));

        Assert.Equal(pages, _store.Pages);
        Assert.Equal(count == 0 ? null : await _publisher.GetLastEventIdAsync("topic"), id);
        Assert.Equal(Enumerable.Range(1, count).Select(number => $"{number}"), await ReadAsync());
    }

    [Fact]
    public async Task A_page_ends_with_the_event_that_reaches_its_bound()
    {
        string large = new('x', 500_000);

        await _publisher.PublishAsync("topic", Enumerable.Repeat(new SseItem<string>(large), 7));

        Assert.Equal([3, 3, 1], _store.Pages);
    }

    [Fact]
    public async Task Ready_events_of_a_source_are_one_page()
    {
        var source = Channel.CreateUnbounded<SseItem<int>>();
        ValueTask<string?> publishing = _publisher.PublishAsync("topic", source.Reader.ReadAllAsync());

        source.Writer.TryWrite(new SseItem<int>(1));
        await _store.AppendedAsync(1);
        Assert.Equal(["1"], await ReadAsync());
        source.Writer.TryWrite(new SseItem<int>(2));
        await _store.AppendedAsync(2);
        Assert.Equal(["1", "2"], await ReadAsync());
        source.Writer.Complete();

        Assert.Equal(await _publisher.GetLastEventIdAsync("topic"), await publishing);

        var ready = Channel.CreateUnbounded<SseItem<int>>();
        for (int i = 3; i <= 300; i++)
        {
            ready.Writer.TryWrite(new SseItem<int>(i));
        }

        ready.Writer.Complete();
        await _publisher.PublishAsync("topic", ready.Reader.ReadAllAsync());
        Assert.Equal([1, 1, 256, 42], _store.Pages);
        Assert.Equal(Enumerable.Range(1, 300).Select(number => $"{number}"), await ReadAsync());
    }

    [Fact]
    public async Task Followers_are_woken_once_for_a_page()
    {
        TopicSubscription subscription = _topics.Follow("topic", _listener);
        SsePosition start = await StartAsync(subscription);

        await _publisher.PublishAsync("topic", Items(Enumerable.Range(1, 50)));

        await _listener.WokenAsync();
        var events = new SseStoredEvent[100];
        Assert.Equal(50, subscription.Topic.ReadTail(subscription, start, events));
        Assert.Equal(1, _listener.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_that_throws_leaves_earlier_events_published(bool isAsync)
    {
        ValueTask<string?> publishing = isAsync
            ? _publisher.PublishAsync("topic", ThrowingAsync(3))
            : _publisher.PublishAsync("topic", Throwing(3));

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await publishing);
        Assert.Equal(["1", "2", "3"], await ReadAsync());
    }

    [Fact]
    public async Task A_refused_event_leaves_earlier_events_published()
    {
        SseItem<string>[] items = [new("1"), new("2"), new("3") { EventId = "own" }, new("4")];

        await Assert.ThrowsAsync<ArgumentException>(async () => await _publisher.PublishAsync("topic", items));

        Assert.Equal(["1", "2"], await ReadAsync());
    }

    [Fact]
    public async Task A_failed_append_stops_and_disposes_a_waiting_source()
    {
        var disposed = new Signal();
        var waits = new Signal();
        await _publisher.CompleteAsync("topic");

        ValueTask<string?> publishing = _publisher.PublishAsync("topic", OneThenWaitAsync(waits, disposed));

        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await publishing.AsTask().OrTimeout());
        await disposed.WaitAsync();
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task Cancellation_stops_the_source_and_publishes_no_further_page()
    {
        using var cancellation = new CancellationTokenSource();
        var disposed = new Signal();
        var waits = new Signal();

        ValueTask<string?> publishing = _publisher.PublishAsync("topic", OneThenWaitAsync(waits, disposed), cancellation.Token);
        await _store.AppendedAsync(1);
        await waits.WaitAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await publishing.AsTask().OrTimeout());
        await disposed.WaitAsync();
        Assert.Equal(["0"], await ReadAsync());
    }

    [Fact]
    public async Task An_invalid_topic_is_refused_before_the_source_is_read()
    {
        bool asked = false;

        await Assert.ThrowsAsync<ArgumentException>(async () => await _publisher.PublishAsync("", Asked()));
        await Assert.ThrowsAsync<ArgumentNullException>(
            async () => await _publisher.PublishAsync("topic", (IEnumerable<SseItem<int>>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(
            async () => await _publisher.PublishAsync("topic", (IAsyncEnumerable<SseItem<int>>)null!));

        Assert.False(asked);

        IEnumerable<SseItem<int>> Asked()
        {
            asked = true;
            yield break;
        }
    }

    private static IEnumerable<SseItem<int>> Items(IEnumerable<int> numbers) => numbers.Select(number => new SseItem<int>(number));

    private static IEnumerable<SseItem<int>> Throwing(int after)
    {
        for (int i = 1; i <= after; i++)
        {
            yield return new SseItem<int>(i);
        }

        throw new InvalidOperationException("The source failed.");
    }

    private static async IAsyncEnumerable<SseItem<int>> ThrowingAsync(int after)
    {
        foreach (SseItem<int> item in Throwing(after))
        {
            await Task.Yield();
            yield return item;
        }
    }

    private static async IAsyncEnumerable<SseItem<int>> OneThenWaitAsync(
        Signal waits, Signal disposed, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            yield return new SseItem<int>(0);
            waits.Set();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            disposed.Set();
        }
    }

    private async Task<SsePosition> StartAsync(TopicSubscription subscription)
    {
        SsePosition start = (await _store.GetStateAsync("topic", default)).Latest;
        subscription.Topic.CaughtUp(start, subscription.Topic.Version);
        Assert.True(subscription.Topic.TryWait(subscription, subscription.Topic.Version));
        return start;
    }

    private async Task<List<string>> ReadAsync()
    {
        var texts = new List<string>();
        await foreach (SseItem<string> item in _publisher.ReadAsync("topic"))
        {
            texts.Add(item.Data);
        }

        return texts;
    }

    private sealed class RecordingStore : ForwardingStore, IDisposable
    {
        private readonly SemaphoreSlim _appended = new(0);

        public ConcurrentQueue<int> Pages { get; } = new();

        public override async ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
        {
            SseAppendResult result = await base.AppendAsync(request, cancellationToken);
            Pages.Enqueue(request.Payloads.Count);
            _appended.Release();
            return result;
        }

        public void Dispose() => _appended.Dispose();

        public async Task AppendedAsync(int count)
        {
            while (Pages.Count < count)
            {
                Assert.True(await _appended.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }
    }
}
