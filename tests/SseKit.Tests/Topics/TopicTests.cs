using System.Text;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

/// <summary>
/// The store is authoritative. A topic may cause superfluous reads of the store, but never lets a follower wait while there are newer
/// events.
/// </summary>
public sealed class TopicTests : IDisposable
{
    private static readonly TimeSpan EarlyTimeout = TimeSpan.FromMilliseconds(50);

    private readonly ManualTimeProvider _time = new();
    private readonly List<WakeCounter> _listeners = [];
    private readonly Topic _topic;

    public TopicTests() => _topic = new Topic("topic", _time, Unmeasured.Metrics);

    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    [Fact]
    public void A_new_topic_sends_its_first_follower_to_the_store() => Assert.True(MustReadStore(At(0)));

    [Fact]
    public void A_follower_that_caught_up_need_not_read_the_store()
    {
        CatchUp(5);

        Assert.False(MustReadStore(At(5)));
        Assert.True(MustReadStore(At(4)));
        Assert.True(MustReadStore(At(5, "other")));
    }

    [Fact]
    public void Announced_events_are_read_without_the_store()
    {
        CatchUp(5);
        Announce(6);
        Announce(7);

        Assert.Equal([6, 7], ReadAfter(5));
        Assert.Equal([7], ReadAfter(6));
        Assert.Empty(ReadAfter(7));
        Assert.False(MustReadStore(At(7)));
    }

    [Fact]
    public void A_followers_read_is_not_current_after_a_change()
    {
        long before = _topic.Version;
        Announce(6);

        _topic.CaughtUp(At(5), before);

        Assert.True(MustReadStore(At(5)));
    }

    [Fact]
    public void Announcements_out_of_order_are_read_in_order()
    {
        CatchUp(5);

        Announce(8);
        Announce(7);
        Assert.Empty(ReadAfter(5));
        Announce(6);

        Assert.Equal([6, 7, 8], ReadAfter(5));
        Assert.False(MustReadStore(At(8)));
    }

    [Fact]
    public void Every_order_of_announcements_reads_the_same()
    {
        var random = new Random(4711);
        for (int round = 0; round < 200; round++)
        {
            var topic = new Topic("topic", _time, Unmeasured.Metrics);
            topic.CaughtUp(At(5), topic.Version);
            int[] order = [.. Enumerable.Range(6, 20)];
            random.Shuffle(order);

            foreach (int sequence in order.Concat(order))
            {
                topic.Announce(At(sequence), [Payload(sequence)]);
            }

            Assert.Equal(Enumerable.Range(6, 20).Select(number => (long)number), ReadAfter(5, topic: topic));
            Assert.False(topic.MustReadStore(Newcomer(topic), At(25)));
        }
    }

    [Fact]
    public async Task A_repeated_announcement_wakes_no_follower()
    {
        CatchUp(5);
        Announce(6);
        WakeCounter listener = Wait();
        long version = _topic.Version;

        Announce(6);
        Announce(3);
        Assert.Equal(version, _topic.Version);
        Announce(7);
        await listener.WokenAsync();

        Assert.Equal(1, listener.Count);
        Assert.Equal([6, 7], ReadAfter(5));
    }

    [Fact]
    public async Task Followers_read_the_store_after_a_permanent_hole()
    {
        CatchUp(5);
        WakeCounter listener = Wait();

        Announce(7);
        Assert.Equal(0, listener.Count);
        await _time.TimerArmedAsync(EarlyTimeout);
        _time.Advance(EarlyTimeout);

        await listener.WokenAsync();
        Assert.True(MustReadStore(At(5)));
    }

    [Fact]
    public async Task Followers_read_the_store_after_too_many_early_announcements()
    {
        CatchUp(5);
        WakeCounter listener = Wait();

        for (int sequence = 7; sequence < 7 + 300; sequence++)
        {
            Announce(sequence);
        }

        await listener.WokenAsync();
        Assert.True(MustReadStore(At(5)));
    }

    [Fact]
    public async Task Followers_read_the_store_after_an_event_of_another_epoch()
    {
        CatchUp(5);
        WakeCounter listener = Wait();

        _topic.Announce(At(1, "new"), [Payload(1)]);

        await listener.WokenAsync();
        Assert.True(MustReadStore(At(5)));
        Assert.Empty(ReadAfter(5));
    }

    [Fact]
    public async Task Followers_read_the_store_once_after_a_change_notification()
    {
        CatchUp(5);
        WakeCounter listener = Wait();

        _topic.AnnounceUnknown();

        await listener.WokenAsync();
        Assert.True(MustReadStore(At(5)));
        CatchUp(5);
        Assert.False(MustReadStore(At(5)));
    }

    [Fact]
    public async Task Every_follower_reads_the_store_after_a_completion()
    {
        CatchUp(5);
        WakeCounter listener = Wait();

        _topic.AnnounceCompletion();

        await listener.WokenAsync();
        Assert.True(MustReadStore(At(5)));
        CatchUp(5);
        Assert.True(MustReadStore(At(5)));
    }

    [Fact]
    public void A_reset_topic_can_be_waited_for()
    {
        var begin = new SsePosition("next", 0);
        CatchUp(5);
        _topic.AnnounceCompletion();

        _topic.CaughtUp(begin, _topic.Version);

        Assert.False(MustReadStore(begin));
    }

    // A follower that joins between the append and its announcement reads the event from the store, but the waiting followers have not
    // received it.
    [Fact]
    public async Task Anothers_read_of_an_event_wakes_waiting_followers()
    {
        CatchUp(5);
        WakeCounter listener = Wait();

        CatchUp(6);
        Announce(6);

        await listener.WokenAsync();
        Assert.True(MustReadStore(At(5)));
    }

    [Fact]
    public void No_follower_begins_to_wait_behind_an_event_read_elsewhere()
    {
        CatchUp(5);
        long seen = _topic.Version;

        CatchUp(6);
        Announce(6);

        using var listener = new WakeCounter();
        Assert.False(_topic.TryWait(new TopicSubscription(_topic, listener), seen));
    }

    [Fact]
    public void An_early_event_of_a_lost_log_is_not_read()
    {
        CatchUp(0);
        Announce(2);

        CatchUp(0, "new");
        _topic.Announce(At(1, "new"), [Payload(101)]);

        SseStoredEvent only = Assert.Single(EventsAfter(At(0, "new")));
        Assert.Equal("101", Encoding.UTF8.GetString(only.Payload.Span));
    }

    [Fact]
    public void Early_events_are_kept_after_a_read_of_earlier_ones()
    {
        CatchUp(5);
        Announce(8);

        CatchUp(6);
        Announce(7);

        Assert.Equal([7, 8], ReadAfter(6));
        Assert.False(MustReadStore(At(8)));
    }

    [Fact]
    public async Task An_early_event_after_a_read_one_is_a_change()
    {
        CatchUp(5);
        Announce(7);
        WakeCounter listener = Wait();

        CatchUp(6);

        await listener.WokenAsync();
        Assert.Equal([7], ReadAfter(6));
    }

    [Fact]
    public async Task An_early_event_that_was_read_is_removed()
    {
        CatchUp(5);
        Announce(7);
        await _time.TimerArmedAsync(EarlyTimeout);

        CatchUp(7);
        Announce(8);
        _time.Advance(EarlyTimeout);

        Assert.Equal([8], ReadAfter(7));
        Assert.False(MustReadStore(At(8)));
    }

    [Fact]
    public async Task A_burst_wakes_each_waiting_follower_once()
    {
        CatchUp(0);
        WakeCounter[] listeners = [.. Enumerable.Range(0, 100).Select(_ => Wait())];

        for (int sequence = 1; sequence <= 50; sequence++)
        {
            Announce(sequence);
        }

        await Task.WhenAll(listeners.Select(listener => listener.WokenAsync()));
        await LastDispatchAsync(50);
        Assert.All(listeners, listener => Assert.Equal(1, listener.Count));
    }

    [Fact]
    public async Task A_follower_that_stopped_waiting_is_not_woken()
    {
        CatchUp(0);
        TopicSubscription[] subscriptions = [.. Enumerable.Range(0, 5).Select(_ => Subscribe())];
        Assert.All(subscriptions, subscription => Assert.True(_topic.TryWait(subscription, _topic.Version)));

        foreach (int leaving in (int[])[2, 0, 4])
        {
            _topic.StopWaiting(subscriptions[leaving]);
            _topic.StopWaiting(subscriptions[leaving]);
        }

        await LastDispatchAsync(0);
        Assert.Equal([0, 1, 0, 1, 0], subscriptions.Select(subscription => ((WakeCounter)subscription.Listener).Count));
    }

    [Fact]
    public async Task A_follower_that_waits_twice_is_listed_once()
    {
        CatchUp(0);
        TopicSubscription subscription = Subscribe();

        Assert.True(_topic.TryWait(subscription, _topic.Version));
        Assert.True(_topic.TryWait(subscription, _topic.Version));

        await LastDispatchAsync(0);
        Assert.Equal(1, ((WakeCounter)subscription.Listener).Count);
    }

    // The store was set back behind acknowledged events, and continues from there.
    [Fact]
    public async Task A_new_event_with_a_known_number_resets_the_tail()
    {
        CatchUp(0);
        for (int sequence = 1; sequence <= 9; sequence++)
        {
            Announce(sequence);
        }

        TopicSubscription live = Subscribe();
        WakeCounter waiting = Wait();
        _topic.Announce(At(6), [Payload(106)], _topic.Mark());
        await waiting.WokenAsync();

        Assert.Equal(1, _topic.Branch);
        Assert.Equal(5, _topic.SetBackSince(0, "epoch"));
        Assert.Equal("106", Encoding.UTF8.GetString(Assert.Single(EventsAfter(At(5))).Payload.Span));
        Assert.Empty(ReadAfter(live, 5));
        Assert.True(_topic.MustReadStore(live, At(9)));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(9, true)]
    public void Only_a_position_on_the_lost_branch_is_lost(long position, bool isLost)
    {
        CatchUp(9);
        TopicSubscription live = Subscribe();

        _topic.Compare(_topic.Mark(), At(5));

        Assert.Equal(isLost, IsLost(live, position));
        Assert.False(IsLost(live, position));
        Assert.False(IsLost(Subscribe(), position));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    [InlineData(8, true)]
    public void A_position_is_checked_with_each_loss_since_the_last_check(long position, bool isLost)
    {
        CatchUp(9);
        TopicSubscription live = Subscribe();
        _topic.Compare(_topic.Mark(), At(5));
        CatchUp(8);
        TopicSubscription later = Subscribe();
        _topic.Compare(_topic.Mark(), At(7));

        Assert.Equal(5, _topic.SetBackSince(live.Branch, "epoch"));
        Assert.Equal(7, _topic.SetBackSince(later.Branch, "epoch"));
        Assert.Null(_topic.SetBackSince(live.Branch, "other"));
        Assert.Equal(isLost, IsLost(live, position));
        Assert.Equal(position > 7, IsLost(later, position));
    }

    [Fact]
    public void A_position_is_lost_after_more_losses_than_are_kept()
    {
        CatchUp(100);
        TopicSubscription live = Subscribe();
        for (int end = 99; end > 90; end--)
        {
            _topic.Compare(_topic.Mark(), At(end));
            CatchUp(end);
        }

        Assert.True(IsLost(live, 1));
    }

    [Fact]
    public void An_answer_from_before_the_tail_grew_contradicts_nothing()
    {
        CatchUp(5);
        TailMark before = _topic.Mark();
        Announce(6);

        _topic.Compare(before, At(5));

        Assert.Equal(0, _topic.Branch);
        Assert.Equal([6], ReadAfter(5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(256)]
    public void Lost_events_are_not_in_the_tail(int events)
    {
        CatchUp(9);
        TailMark before = _topic.Mark();
        _topic.Compare(_topic.Mark(), At(5));
        CatchUp(5);

        _topic.Announce(At(9 + events), [.. Enumerable.Range(10, events).Select(number => Payload(number))], before);

        Assert.All(Enumerable.Range(5, events + 5), position => Assert.Empty(ReadAfter(position)));
        Assert.True(MustReadStore(At(5)));
        Assert.Equal(1, _topic.Branch);
    }

    [Fact]
    public void An_answer_about_another_log_contradicts_nothing()
    {
        CatchUp(9);

        _topic.Compare(_topic.Mark(), At(1, "new"));

        Assert.Equal(0, _topic.Branch);
    }

    // The log continues under another epoch after a failover, or was deleted.
    [Fact]
    public async Task An_answer_about_another_epoch_resets_the_tail()
    {
        CatchUp(5);
        Announce(6);
        WakeCounter waiting = Wait();

        _topic.Compare(_topic.Mark(), At(7, "new"));
        await waiting.WokenAsync();

        Assert.Empty(ReadAfter(5));
        Assert.True(MustReadStore(At(6)));
    }

    [Fact]
    public void An_answer_from_before_the_tail_changed_its_epoch_is_ignored()
    {
        CatchUp(6);
        TailMark before = _topic.Mark();
        CatchUp(6, "new");
        _topic.Announce(At(7, "new"), [Payload(7)]);

        _topic.Compare(before, At(6));
        _topic.Compare(before, At(7, "newest"));

        Assert.Equal([7], ReadAfter(6, "new"));
    }

    [Fact]
    public void Events_that_may_be_lost_leave_the_tail_and_its_end_stays()
    {
        CatchUp(5);
        Announce(6);

        _topic.AnnounceUnknown(mayHaveLost: true);

        Assert.Empty(ReadAfter(5));
        Assert.True(MustReadStore(At(6)));
        Assert.Equal(new TailMark(0, "epoch", 6), _topic.Mark());
        Announce(7);
        Assert.Equal([7], ReadAfter(6));
    }

    [Fact]
    public async Task No_concurrent_change_is_missed_by_a_waiting_follower()
    {
        const int Last = 20_000;
        long appended = 0;
        Task FollowToEndAsync() => FollowAsync(() => Math.Min(Last, Volatile.Read(ref appended)), Last);
        Task[] followers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(FollowToEndAsync))];

        // Two publishers whose appends are ordered, and whose announcements are not.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref appended) is var sequence && sequence <= Last)
            {
                Announce(sequence);
                if (sequence % 50 == 0)
                {
                    await Task.Yield();
                }
            }
        })));

        await Task.WhenAll(followers).OrTimeout();
    }

    // Another event, and a listener that is woken by it: all earlier waits have been woken before.
    private async Task LastDispatchAsync(long head)
    {
        WakeCounter last = Wait();
        Announce(head + 1);
        await last.WokenAsync();
    }

    // Behaves as a connection, with a store that is only a number.
    private async Task FollowAsync(Func<long> head, long last)
    {
        using var listener = new WakeCounter();
        var subscription = new TopicSubscription(_topic, listener);
        long position = 0;
        while (position < last)
        {
            long seen = _topic.Version;
            long[] read = ReadAfter(position);
            Assert.Equal(read.Select((_, i) => position + 1 + i), read);
            position += read.Length;
            if (read.Length > 0)
            {
                continue;
            }

            if (MustReadStore(At(position)))
            {
                long held = head();
                if (held > position)
                {
                    position = held;
                    continue;
                }

                _topic.CaughtUp(At(position), seen);
            }

            if (_topic.TryWait(subscription, seen))
            {
                await listener.WokenAsync();
            }
        }
    }

    private void CatchUp(long sequence, string epoch = "epoch") => _topic.CaughtUp(At(sequence, epoch), _topic.Version);

    private void Announce(long sequence) => _topic.Announce(At(sequence), [Payload(sequence)]);

    private bool IsLost(TopicSubscription subscription, long position)
    {
        _topic.Rejoin(subscription, At(position), out bool isLost);
        return isLost;
    }

    private bool MustReadStore(SsePosition position) => _topic.MustReadStore(Newcomer(_topic), position);

    private static TopicSubscription Newcomer(Topic topic) => new(topic, listener: null!);

    private TopicSubscription Subscribe()
    {
        var listener = new WakeCounter();
        _listeners.Add(listener);
        return new TopicSubscription(_topic, listener);
    }

    private WakeCounter Wait()
    {
        TopicSubscription subscription = Subscribe();
        Assert.True(_topic.TryWait(subscription, _topic.Version));
        return (WakeCounter)subscription.Listener;
    }

    private static long[] ReadAfter(TopicSubscription subscription, long sequence)
    {
        var events = new SseStoredEvent[1000];
        return [.. events[..subscription.Topic.ReadTail(subscription, At(sequence), events)].Select(each => each.Sequence)];
    }

    private long[] ReadAfter(long sequence, string epoch = "epoch", Topic? topic = null) =>
        [.. EventsAfter(At(sequence, epoch), topic).Select(each => each.Sequence)];

    private SseStoredEvent[] EventsAfter(SsePosition position, Topic? topic = null)
    {
        var events = new SseStoredEvent[1000];
        return events[..(topic ?? _topic).ReadTail(Newcomer(topic ?? _topic), position, events)];
    }

    private static SsePosition At(long sequence, string epoch = "epoch") => new(epoch, sequence);

    private static ReadOnlyMemory<byte> Payload(long number) => Encoding.UTF8.GetBytes($"{number}");
}
