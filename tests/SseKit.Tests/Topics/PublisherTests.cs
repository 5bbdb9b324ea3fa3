using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

public sealed class PublisherTests : IDisposable
{
    private readonly FlakyStore _store = new();
    private readonly TopicRegistry _topics;
    private readonly Publisher _publisher;
    private readonly WakeCounter _listener = new();

    public PublisherTests()
    {
        _topics = new TopicRegistry(_store, new ManualTimeProvider(), Unmeasured.Metrics);
        _publisher = new Publisher(_store, _topics, new EventEncoder(JsonSerializerOptions.Web, maxEventSize: 1000), Unmeasured.Metrics);
    }

    public void Dispose()
    {
        _topics.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public async Task An_event_can_be_read_after_the_id_before_it()
    {
        string? start = await _publisher.GetLastEventIdAsync("topic");
        string first = await _publisher.PublishAsync("topic", "a", "created");
        string second = await _publisher.PublishAsync("topic", new { Number = 7 });

        Assert.Equal([("a", "created", first), ("{\"number\":7}", "message", second)], await ReadAsync(start));
        Assert.Equal([("{\"number\":7}", "message", second)], await ReadAsync(first));
        Assert.Empty(await ReadAsync(second));
        Assert.Equal(2, (await ReadAsync(null)).Count);
        Assert.Equal(second, await _publisher.GetLastEventIdAsync("topic"));
    }

    [Theory]
    [InlineData("other-0")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_foreign_id_is_a_gap(string id)
    {
        await _publisher.PublishAsync("topic", "a");

        var gap = await Assert.ThrowsAsync<SseGapException>(() => ReadAsync(id));

        Assert.Equal("topic", gap.Topic);
    }

    [Fact]
    public async Task Refused_values_publish_nothing()
    {
        string? before = await _publisher.GetLastEventIdAsync("topic");

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _publisher.PublishAsync("", "a"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _publisher.PublishAsync(new string('x', 257), "a"));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _publisher.PublishAsync("topic", "a", "two\nlines"));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await _publisher.PublishAsync("topic", new SseItem<string>("a") { EventId = "1" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await _publisher.PublishAsync("topic", new SseItem<string>("a"), new SsePublishOptions { IdempotencyKey = "" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await _publisher.PublishAsync(
                "topic", new SseItem<string>("a"), new SsePublishOptions { IdempotencyKey = new string('k', 257) }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _publisher.PublishAsync("topic", new string('x', 1001)));

        Assert.Equal(before, await _publisher.GetLastEventIdAsync("topic"));
    }

    [Fact]
    public async Task A_publish_wakes_followers()
    {
        TopicSubscription follower = await FollowAsync();

        await _publisher.PublishAsync("topic", "a");
        await _listener.WokenAsync();

        Assert.Equal("data: a\n", Text(Assert.Single(TailOf(follower))));
    }

    // The first publisher has appended and not announced yet, or it was cancelled and will not announce.
    [Fact]
    public async Task A_key_of_an_unread_event_wakes_followers()
    {
        TopicSubscription follower = await FollowAsync();
        SseAppendResult first = await _store.AppendAsync("topic", "data: first\n\n"u8.ToArray(), "key", null, default);

        string id = await _publisher.PublishAsync("topic", new SseItem<string>("second"), new SsePublishOptions { IdempotencyKey = "key" });
        await _listener.WokenAsync();

        Assert.Equal(first.Position.ToString(), id);
        Assert.Empty(TailOf(follower));
        Assert.True(follower.Topic.MustReadStore(follower, _start));
    }

    [Fact]
    public async Task An_event_with_new_key_needs_no_read()
    {
        TopicSubscription follower = await FollowAsync();

        await _publisher.PublishAsync("topic", new SseItem<string>("a"), new SsePublishOptions { IdempotencyKey = "key" });
        await _listener.WokenAsync();

        Assert.Equal("data: a\n", Text(Assert.Single(TailOf(follower))));
        Assert.Equal(0, _store.Reads);
    }

    [Fact]
    public async Task A_repeated_publish_of_a_read_event_wakes_no_follower()
    {
        TopicSubscription follower = await FollowAsync();
        await _publisher.PublishAsync("topic", new SseItem<string>("a"), new SsePublishOptions { IdempotencyKey = "key" });
        await _listener.WokenAsync();

        string id = await _publisher.PublishAsync("topic", new SseItem<string>("a"), new SsePublishOptions { IdempotencyKey = "key" });

        Assert.True(SsePosition.TryParse(id, out SsePosition position));
        Assert.False(follower.Topic.MustReadStore(follower, position));
        Assert.Equal(0, _store.Reads);
    }

    // A publish whose outcome is unknown may have been done. No other call would notify the followers.
    [Fact]
    public async Task Followers_read_the_store_after_a_publish_with_unknown_outcome()
    {
        TopicSubscription follower = await FollowAsync();
        _store.LosesItsAnswers = true;

        await Assert.ThrowsAsync<IOException>(async () => await _publisher.PublishAsync("topic", "a"));
        await _listener.WokenAsync();

        Assert.Empty(TailOf(follower));
        Assert.True(follower.Topic.MustReadStore(follower, _start));
    }

    [Fact]
    public async Task A_completed_topic_accepts_no_more_events()
    {
        TopicSubscription follower = await FollowAsync();

        await _publisher.CompleteAsync("topic");
        await _listener.WokenAsync();

        Assert.True(follower.Topic.MustReadStore(follower, _start));
        await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await _publisher.PublishAsync("topic", "a"));
    }

    private SsePosition _start;

    private async Task<TopicSubscription> FollowAsync()
    {
        TopicSubscription follower = _topics.Follow("topic", _listener);
        _start = (await _store.GetStateAsync("topic", default)).Latest;
        follower.Topic.CaughtUp(_start, follower.Topic.Version);
        Assert.True(follower.Topic.TryWait(follower, follower.Topic.Version));
        return follower;
    }

    private SseStoredEvent[] TailOf(TopicSubscription follower)
    {
        var events = new SseStoredEvent[10];
        return events[..follower.Topic.ReadTail(follower, _start, events)];
    }

    private async Task<List<(string Data, string Type, string? Id)>> ReadAsync(string? after)
    {
        var events = new List<(string, string, string?)>();
        await foreach (SseItem<string> item in _publisher.ReadAsync("topic", after))
        {
            events.Add((item.Data, item.EventType, item.EventId));
        }

        return events;
    }

    private static string Text(SseStoredEvent stored) => Encoding.UTF8.GetString(stored.Payload.Span);

    private sealed class FlakyStore : ForwardingStore
    {
        public int Reads { get; private set; }

        public bool LosesItsAnswers { get; set; }

        public override async ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
        {
            SseAppendResult appended = await base.AppendAsync(request, cancellationToken);
            return LosesItsAnswers ? throw new IOException("The connection broke after the append.") : appended;
        }

        public override ValueTask<SseReadResult> ReadAsync(
            string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
        {
            Reads++;
            return base.ReadAsync(topic, after, maxEvents, cancellationToken);
        }
    }
}
