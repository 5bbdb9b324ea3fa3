using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

public sealed class TopicRegistryTests : IDisposable
{
    private readonly SharedStore _store = new();
    private readonly WakeCounter _listener = new();
    private readonly TopicRegistry _registry;

    public TopicRegistryTests() => _registry = new TopicRegistry(_store, new ManualTimeProvider(), Unmeasured.Metrics);

    public void Dispose()
    {
        _registry.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void Followers_of_one_name_share_a_topic()
    {
        TopicSubscription one = _registry.Follow("a", _listener);
        TopicSubscription two = _registry.Follow("a", _listener);
        TopicSubscription other = _registry.Follow("A", _listener);

        Assert.Same(one.Topic, two.Topic);
        Assert.Same(one.Topic, _registry.Find("a"));
        Assert.NotSame(one.Topic, other.Topic);
        Assert.Equal(2, _registry.Count);
    }

    [Fact]
    public void A_topic_is_removed_with_its_last_follower()
    {
        TopicSubscription one = _registry.Follow("a", _listener);
        TopicSubscription two = _registry.Follow("a", _listener);

        _registry.Unfollow(one);
        Assert.NotNull(_registry.Find("a"));
        _registry.Unfollow(two);

        Assert.Null(_registry.Find("a"));
        Assert.Equal(0, _registry.Count);
    }

    [Fact]
    public void Topics_without_followers_leave_nothing()
    {
        for (int i = 0; i < 10_000; i++)
        {
            TopicSubscription subscription = _registry.Follow($"topic {i}", _listener);
            Assert.True(subscription.Topic.TryWait(subscription, subscription.Topic.Version));
            _registry.Unfollow(subscription);
        }

        Assert.Equal(0, _registry.Count);
    }

    [Fact]
    public async Task Concurrent_followers_leave_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 5000; i++)
            {
                TopicSubscription subscription = _registry.Follow($"topic {i % 3}", _listener);
                subscription.Topic.TryWait(subscription, subscription.Topic.Version);
                _registry.Find($"topic {(i + 1) % 3}")?.AnnounceUnknown();
                _registry.Unfollow(subscription);
            }
        })));

        Assert.Equal(0, _registry.Count);
    }

    [Fact]
    public async Task A_change_notification_reaches_the_followers_of_its_topic()
    {
        TopicSubscription subscription = Wait("a");
        using var other = new WakeCounter();
        TopicSubscription second = Wait("b", other);

        _store.Change("a");
        _store.Change("without followers");
        await _listener.WokenAsync();

        Assert.True(subscription.Topic.MustReadStore(subscription, Start));
        Assert.False(second.Topic.MustReadStore(second, Start));
        Assert.Equal(0, other.Count);
    }

    [Fact]
    public async Task A_notification_for_any_topic_reaches_all_followers()
    {
        TopicSubscription[] subscriptions = [Wait("a"), Wait("b")];

        _store.Change(null);
        await _listener.WokenAsync();
        await _listener.WokenAsync();

        Assert.All(subscriptions, subscription => Assert.True(subscription.Topic.MustReadStore(subscription, Start)));
    }

    // The store was reconnected, perhaps to a standby that lacks the last events.
    [Theory]
    [InlineData(null, 0)]
    [InlineData("a", 1)]
    public void Events_leave_the_tail_if_any_topic_may_have_changed(string? changed, int expected)
    {
        TopicSubscription follower = Wait("a");
        follower.Topic.Announce(new SsePosition("epoch", 1), ["data: 1\n"u8.ToArray()]);

        _store.Change(changed);

        Assert.Equal(expected, follower.Topic.ReadTail(follower, Start, new SseStoredEvent[10]));
    }

    [Fact]
    public void Ends_its_subscription_to_the_store()
    {
        _registry.Dispose();

        Assert.False(_store.HasSubscriber);
    }

    private static SsePosition Start => new("epoch", 0);

    private TopicSubscription Wait(string name, WakeCounter? listener = null)
    {
        TopicSubscription subscription = _registry.Follow(name, listener ?? _listener);
        subscription.Topic.CaughtUp(Start, subscription.Topic.Version);
        Assert.True(subscription.Topic.TryWait(subscription, subscription.Topic.Version));
        return subscription;
    }

    /// <summary>A store that another server writes to as well.</summary>
    private sealed class SharedStore : ForwardingStore, IDisposable
    {
        private Action<string?>? _changed;

        public bool HasSubscriber => _changed is not null;

        public void Change(string? topic) => _changed?.Invoke(topic);

        public override IDisposable Subscribe(Action<string?> topicChanged)
        {
            _changed = topicChanged;
            return this;
        }

        public void Dispose() => _changed = null;
    }
}
