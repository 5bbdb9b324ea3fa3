using System.Collections.Concurrent;

namespace SseKit.StoreSpecification;

/// <summary>The further contract of a store that several servers use at once.</summary>
public abstract class SharedEventStoreSpecification : DurableEventStoreSpecification
{
    private ISseEventStore? _other;

    /// <summary>The store as another server sees it.</summary>
    protected ISseEventStore Other =>
        _other ?? throw new InvalidOperationException("The store is opened in InitializeAsync, which xunit calls.");

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _other = await OpenForAnotherServerAsync(Store);
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await DisposeAsync(_other);
        await base.DisposeAsync();
    }

    /// <summary>Opens a store's data for another server, which shares nothing else with the first one.</summary>
    protected abstract ValueTask<ISseEventStore> OpenForAnotherServerAsync(ISseEventStore store);

    [Fact]
    public async Task Servers_that_append_concurrently_get_numbers_without_holes()
    {
        const int PerPublisher = 50;
        ISseEventStore[] servers = [Store, Other, Store, Other];

        var appended = await Task.WhenAll(
            servers.Select((server, each) => Task.Run(() => PublishAsync(server, "topic", $"{each}-", PerPublisher))));

        List<SseStoredEvent> events = await ReadAllAsync("topic");
        Assert.Equal(
            appended.SelectMany(each => each).OrderBy(each => each.Position.Sequence).Select(each => (each.Position.Sequence, each.Text)),
            events.Select(each => (each.Sequence, Text(each))));
        Assert.Equal(Numbers(1, servers.Length * PerPublisher), events.Select(each => each.Sequence));
    }

    // A reader that only keeps the highest number it read loses events that become visible below it later.
    [Fact]
    public async Task A_reader_misses_nothing_while_servers_append()
    {
        const int PerPublisher = 100;
        SsePosition position = (await Store.GetStateAsync("topic", TimeLimit)).Latest;
        ISseEventStore[] servers = [Store, Other, Store, Other];

        Task publishing = Task.WhenAll(servers.Select(server => Task.Run(() => PublishAsync(server, "topic", "x", PerPublisher))));
        while (position.Sequence < servers.Length * PerPublisher)
        {
            List<SseStoredEvent> more = await ReadAllAsync(Other, "topic", position);
            position = position with { Sequence = position.Sequence + more.Count };
            await Task.Yield();
        }

        await publishing;
    }

    [Fact]
    public async Task An_append_is_visible_to_the_other_server()
    {
        for (int i = 1; i <= 20; i++)
        {
            SsePosition position = (await Store.AppendAsync("topic", Payload(i), null, null, TimeLimit)).Position;

            Assert.Equal(position, (await Other.GetStateAsync("topic", TimeLimit)).Latest);
        }
    }

    [Fact]
    public async Task Servers_that_read_a_new_topic_concurrently_get_one_epoch()
    {
        for (int i = 0; i < 10; i++)
        {
            string topic = $"topic {i}";

            SseTopicState[] states = await Task.WhenAll(
                Task.Run(() => Store.GetStateAsync(topic, TimeLimit).AsTask()),
                Task.Run(() => Other.GetStateAsync(topic, TimeLimit).AsTask()));

            Assert.Equal(states[0], states[1]);
        }
    }

    [Fact]
    public async Task Servers_that_use_one_key_concurrently_append_one_event()
    {
        for (int i = 0; i < 10; i++)
        {
            string key = $"key {i}";

            SseAppendResult[] results = await Task.WhenAll(
                Task.Run(() => Store.AppendAsync("topic", Payload("a"), key, null, TimeLimit).AsTask()),
                Task.Run(() => Other.AppendAsync("topic", Payload("b"), key, null, TimeLimit).AsTask()));

            Assert.Equal(results[0].Position, results[1].Position);
            Assert.Single(results, result => result.IsNew);
        }

        Assert.Equal(10, (await ReadAllAsync("topic")).Count);
    }

    [Fact]
    public async Task Completion_and_deletion_apply_on_the_other_server()
    {
        SsePosition first = await AppendAsync("topic", "a");
        await Store.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);

        await Assert.ThrowsAsync<SseTopicCompletedException>(
            async () => await Other.AppendAsync("topic", Payload("b"), null, null, TimeLimit));
        await Store.DeleteAsync("topic", null, TimeLimit);

        Assert.NotEqual(first.Epoch, (await Other.AppendAsync("topic", Payload("c"), null, null, TimeLimit)).Position.Epoch);
    }

    [Fact]
    public async Task A_log_deleted_by_one_server_refuses_anothers_appends()
    {
        SsePosition first = await AppendAsync("topic", "a");
        await Store.DeleteAsync("topic", first.Epoch, TimeLimit);
        await AppendAsync("topic", "new");

        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Other.AppendAsync("topic", Payload("late"), null, first.Epoch, TimeLimit));
        await Assert.ThrowsAsync<SseStaleEpochException>(
            async () => await Other.CompleteAsync("topic", SseTopicStatus.Failed, new SsePosition(first.Epoch, 0), TimeLimit));

        Assert.Equal(SseTopicStatus.Open, (await StateAsync("topic")).Status);
        Assert.Equal(["new"], (await ReadAllAsync("topic")).Select(Text));
    }

    // The event is stored, so its followers must get it even if the caller was cancelled.
    [Fact]
    public async Task A_subscriber_is_called_for_cancelled_appends_that_were_stored()
    {
        const int Count = 60;
        string[] topics = [.. Enumerable.Range(0, Count).Select(number => $"topic {number}")];
        var changed = new ConcurrentDictionary<string, bool>();
        using var called = new SemaphoreSlim(0);
        using IDisposable subscription = ((ISseTopicChangeSource)Store).Subscribe(topic =>
        {
            foreach (string each in topic is null ? [.. topics, "before"] : (string[])[topic])
            {
                changed[each] = true;
            }

            called.Release();
        });
        await Other.AppendAsync("before", Payload("a"), null, null, TimeLimit);
        await ChangedAsync("before");
        changed.Clear();

        await Task.WhenAll(
            Enumerable.Range(0, Count).Select(number => Task.Run(() => TryAppendAsync(Other, topics[number], number, key: null))));

        foreach (string topic in topics)
        {
            if ((await StateAsync(topic)).Latest.Sequence > 0)
            {
                await ChangedAsync(topic);
            }
        }

        async Task ChangedAsync(string topic)
        {
            while (!changed.ContainsKey(topic))
            {
                await called.WaitAsync(TimeLimit);
            }
        }
    }

    [Fact]
    public async Task A_subscriber_is_called_for_changes_of_the_other_server()
    {
        var calls = new ConcurrentQueue<string?>();
        using var called = new SemaphoreSlim(0);
        using IDisposable subscription = ((ISseTopicChangeSource)Store).Subscribe(topic =>
        {
            calls.Enqueue(topic);
            called.Release();
        });

        await Other.AppendAsync("topic", Payload("a"), null, null, TimeLimit);
        await HearAsync("topic");
        await Other.CompleteAsync("topic", SseTopicStatus.Completed, null, TimeLimit);
        await HearAsync("topic");
        await Other.DeleteAsync("topic", null, TimeLimit);
        await HearAsync("topic");

        async Task HearAsync(string topic)
        {
            string? next;
            do
            {
                await called.WaitAsync(TimeLimit);
                Assert.True(calls.TryDequeue(out next));
            }
            while (next is not null && next != topic);
        }
    }
}
