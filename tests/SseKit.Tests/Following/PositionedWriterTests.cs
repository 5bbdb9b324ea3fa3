using System.Text;
using SseKit.Tests.Writing;
using SseKit.Topics.EventIds;
using SseKit.Topics.Following;
using SseKit.Writing;

namespace SseKit.Tests.Following;

public sealed class PositionedWriterTests
{
    private const string Epoch = "e";

    private readonly MemoryPipeWriter _pipe = new();
    private readonly StreamOutput _output;
    private readonly Cursor _cursor = new(["s", "t"], [new SsePosition(Epoch, 7), new SsePosition(Epoch, 3)]);
    private readonly PositionedWriter _writer;

    public PositionedWriterTests()
    {
        _output = new StreamOutput(_pipe, EventSize.Default);
        var filter = new EventTypeFilter(type => type == "a" ? true : throw new KeyNotFoundException());
        _writer = new PositionedWriter(_cursor, filter, SseFollowFormat.Full);
    }

    // A heartbeat with the position can come between the failure and the end of the stream. (I3)
    [Fact]
    public async Task Events_that_were_not_written_do_not_move_the_position()
    {
        await WriteAsync(Event(4, "a"));
        _output.TryWrite(new PositionedEvent(_writer, ControlEvents.Open));
        string before = _pipe.FlushedText;

        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await WriteAsync(Event(5, "a"), Event(6, "b")));
        bool isUnsaid = _writer.PositionIsUnsent;
        _output.TryWrite(new PositionedEvent(_writer, ControlEvents.Open));

        Assert.Equal(4, _cursor[1].Sequence);
        Assert.True(isUnsaid);
        string notice = before[(before.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        Assert.Equal(before + notice, _pipe.FlushedText);
    }

    [Fact]
    public async Task One_flush_takes_a_bounded_part_of_a_backlog()
    {
        SseStoredEvent[] backlog = [.. Enumerable.Range(4, 100).Select(number => Event(number, "a", 10_000))];

        await WriteAsync(backlog);

        Assert.Equal(7, _cursor[1].Sequence);
        Assert.InRange(_pipe.FlushedText.Length, 40_000, 41_000);
    }

    private static SseStoredEvent Event(long sequence, string type, int length = 1) =>
        new() { Sequence = sequence, Payload = Encoding.UTF8.GetBytes($"event: {type}\ndata: {new string('x', length)}\n") };

    private ValueTask WriteAsync(params SseStoredEvent[] events) =>
        _output.WriteAsync(new PageOperation(_writer, 1, Epoch, events), flush: true, CancellationToken.None);
}
