namespace SseKit.Tests.Writing;

/// <summary>The examples of WHATWG HTML §9.2.6, to test the reader of other tests.</summary>
public sealed class EventStreamReadingTests
{
    [Fact]
    public void Blocks_without_data_and_incomplete_blocks_dispatch_nothing()
    {
        var reading = EventStreamReading.Of("data\n\ndata\ndata\n\ndata:"u8);

        Assert.Equal([new ClientEvent("message", "", ""), new ClientEvent("message", "\n", "")], reading.Events);
    }

    [Fact]
    public void One_space_after_the_colon_is_dropped()
    {
        var reading = EventStreamReading.Of("data:test\n\ndata: test\n\ndata:  test\n\n"u8);

        Assert.Equal(["test", "test", " test"], reading.Events.Select(read => read.Data));
    }

    [Fact]
    public void Ids_last_until_they_are_reset()
    {
        var reading = EventStreamReading.Of(
            "\ufeff: test stream\r\rdata: first\rid: 1\r\rdata:second\nid\n\ndata:  third\r\nid: a\0b\r\n\r\n"u8);

        Assert.Equal(
            [new ClientEvent("message", "first", "1"), new ClientEvent("message", "second", ""), new ClientEvent("message", " third", "")],
            reading.Events);
        Assert.Equal([" test stream"], reading.Comments);
    }

    [Fact]
    public void An_id_and_a_retry_without_data_apply()
    {
        var reading = EventStreamReading.Of("id: 7\nretry: 2500\n\nretry: 1s\n\n"u8);

        Assert.Empty(reading.Events);
        Assert.Equal("7", reading.LastEventId);
        Assert.Equal(2500, reading.ReconnectionTime);
    }
}
