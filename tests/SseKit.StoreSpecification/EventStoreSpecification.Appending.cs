namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task Events_are_numbered_from_1_without_holes()
    {
        SsePosition first = await AppendAsync("topic", "a");
        SsePosition second = await AppendAsync("topic", "b");
        SsePosition third = await AppendAsync("topic", "c");

        Assert.Equal(1, first.Sequence);
        Assert.Equal(first with { Sequence = 2 }, second);
        Assert.Equal(first with { Sequence = 3 }, third);
        Assert.Equal(["a", "b", "c"], (await ReadAllAsync("topic")).Select(Text));
    }

    [Fact]
    public async Task A_position_is_an_event_id()
    {
        SsePosition position = await AppendAsync("topic", "a");

        bool parsed = SsePosition.TryParse(position.ToString(), out SsePosition read);

        Assert.True(parsed);
        Assert.Equal(position, read);
    }

    [Fact]
    public async Task An_append_is_visible_to_every_later_read()
    {
        SsePosition before = (await StateAsync("topic")).Latest;
        for (int i = 1; i <= 100; i++)
        {
            SsePosition position = (await Store.AppendAsync("topic", Payload(i), null, null, TimeLimit)).Position;

            SseReadResult page = await Task.Run(() => ReadAsync("topic", before).AsTask());

            Assert.Equal(Payload(i).ToArray(), Assert.Single(page.Events).Payload.ToArray());
            Assert.Equal(position, page.State.Latest);
            Assert.Equal(position, (await StateAsync("topic")).Latest);
            before = position;
        }
    }

    [Fact]
    public async Task Concurrent_publishers_get_numbers_without_holes_in_each_topic()
    {
        const int PerPublisher = 25;
        string[] topics = ["one", "two", "three"];
        string[] publishers = ["a", "b", "c", "d"];

        var appended = await Task.WhenAll(
            from topic in topics
            from publisher in publishers
            select Task.Run(() => PublishAsync(Store, topic, publisher, PerPublisher)));

        foreach (string topic in topics)
        {
            List<SseStoredEvent> events = await ReadAllAsync(topic);
            Assert.Equal(publishers.Length * PerPublisher, events.Count);
            var expected = appended.SelectMany(each => each).Where(each => each.Topic == topic).OrderBy(each => each.Position.Sequence)
                .ToList();
            Assert.Equal(expected.Select(each => (each.Position.Sequence, each.Text)), events.Select(each => (each.Sequence, Text(each))));
            Assert.Single(expected.Select(each => each.Position.Epoch).Distinct());
        }
    }

    [Fact]
    public async Task One_publishers_events_keep_their_order_among_others()
    {
        const int PerPublisher = 50;
        string[] publishers = ["a", "b", "c", "d"];

        await Task.WhenAll(publishers.Select(publisher => Task.Run(() => PublishAsync(Store, "topic", publisher, PerPublisher))));

        List<SseStoredEvent> events = await ReadAllAsync("topic");
        foreach (string publisher in publishers)
        {
            Assert.Equal(
                Numbers(1, PerPublisher).Select(number => $"{publisher}{number}"),
                events.Select(Text).Where(text => text.StartsWith(publisher, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_topic_contains_only_its_own_events()
    {
        SsePosition one = await AppendAsync("one", "for one");
        SsePosition two = await AppendAsync("two", "for two");

        Assert.Equal(1, one.Sequence);
        Assert.Equal(1, two.Sequence);
        Assert.Equal("for one", Text(Assert.Single(await ReadAllAsync("one"))));
        Assert.Equal("for two", Text(Assert.Single(await ReadAllAsync("two"))));
        Assert.Empty(await ReadAllAsync("three"));
    }

    private protected async Task<List<(string Topic, SsePosition Position, string Text)>> PublishAsync(
        ISseEventStore store, string topic, string publisher, int count)
    {
        var appended = new List<(string, SsePosition, string)>();
        for (int i = 1; i <= count; i++)
        {
            string text = $"{publisher}{i}";
            appended.Add((topic, (await store.AppendAsync(topic, Payload(text), null, null, TimeLimit)).Position, text));
        }

        return appended;
    }
}
