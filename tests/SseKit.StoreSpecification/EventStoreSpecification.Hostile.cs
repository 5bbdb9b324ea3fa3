namespace SseKit.StoreSpecification;

public abstract partial class EventStoreSpecification
{
    [Fact]
    public async Task Topics_of_any_name_are_kept_apart()
    {
        foreach (string name in HostileText.All)
        {
            SsePosition position = (await Store.AppendAsync(name, Payload(NumberOf(name)), null, null, TimeLimit)).Position;
            Assert.Equal(1, position.Sequence);
        }

        foreach (string name in HostileText.All)
        {
            SseStoredEvent stored = Assert.Single(await ReadAllAsync(name));
            Assert.Equal(Payload(NumberOf(name)).ToArray(), stored.Payload.ToArray());
        }
    }

    [Fact]
    public async Task Topics_of_any_name_are_completed_and_deleted_alone()
    {
        foreach (string name in HostileText.All)
        {
            await Store.AppendAsync(name, Payload(NumberOf(name)), null, null, TimeLimit);
        }

        for (int i = 0; i < HostileText.All.Count; i++)
        {
            await (i % 2 == 0
                ? Store.DeleteAsync(HostileText.All[i], null, TimeLimit)
                : Store.CompleteAsync(HostileText.All[i], SseTopicStatus.Completed, null, TimeLimit));
        }

        for (int i = 0; i < HostileText.All.Count; i++)
        {
            SseTopicState state = await StateAsync(HostileText.All[i]);
            Assert.Equal(i % 2 == 0 ? (0, SseTopicStatus.Open) : (1, SseTopicStatus.Completed), (state.Latest.Sequence, state.Status));
        }
    }

    [Fact]
    public async Task Payloads_of_any_bytes_are_kept_as_they_are()
    {
        byte[][] payloads =
        [
            [],
            [0],
            [.. Enumerable.Range(0, 256).Select(value => (byte)value)],
            [0xFF, 0xFE, 0xC0, 0x80, 0xED, 0xA0, 0x80],
            [.. "\r\n\r\n\n\n\r\r"u8],
            [.. "'; DROP TABLE events; --\\x00"u8],
            [],
            Noise(4095),
            Noise(4096),
            Noise(65537),
        ];
        foreach (byte[] payload in payloads)
        {
            await Store.AppendAsync("topic", payload, null, null, TimeLimit);
        }

        List<SseStoredEvent> events = await ReadAllAsync("topic");

        Assert.Equal(payloads, events.Select(each => each.Payload.ToArray()));
    }

    [Fact]
    public async Task A_payload_of_a_megabyte_is_kept()
    {
        byte[] payload = Noise(1024 * 1024);

        await Store.AppendAsync("topic", payload, null, null, TimeLimit);
        await AppendAsync("topic", "after");

        List<SseStoredEvent> events = await ReadAllAsync("topic");
        Assert.True(payload.AsSpan().SequenceEqual(events[0].Payload.Span));
        Assert.Equal("after", Text(events[1]));
    }

    [Fact]
    public async Task A_payload_may_be_part_of_a_buffer()
    {
        byte[] buffer = [.. "before-event-after"u8];

        await Store.AppendAsync("topic", buffer.AsMemory(7, 5), null, null, TimeLimit);

        Assert.Equal("event", Text(Assert.Single(await ReadAllAsync("topic"))));
    }

    private static int NumberOf(string name) => HostileText.All.ToList().IndexOf(name);

    // The same in every run.
    private static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        for (int i = 0; i < length; i++)
        {
            noise[i] = (byte)((i * 31) ^ (i >> 8) ^ (i >> 16));
        }

        return noise;
    }
}
