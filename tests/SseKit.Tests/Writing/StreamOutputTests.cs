using System.IO.Pipelines;
using System.Text;
using SseKit.Tests.Infrastructure;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

public sealed class StreamOutputTests
{
    private static readonly byte[] Heartbeat = ": \n\n"u8.ToArray();
    private static readonly byte[] FinalFrame = "retry: 5\n\n"u8.ToArray();

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 16, resumeWriterThreshold: 8));
    private readonly StreamOutput _output;

    public StreamOutputTests() => _output = new StreamOutput(_pipe.Writer, EventSize.Default);

    [Fact]
    public async Task A_heartbeat_is_written_and_flushed()
    {
        bool written = _output.TryWrite(new EncodedFrame(Heartbeat));

        Assert.True(written);
        Assert.Equal(": \n\n", await _pipe.Reader.ReadTextAsync());
        Assert.Equal(0, _output.UnflushedBytes);
    }

    [Fact]
    public async Task A_heartbeat_never_waits_behind_a_slow_client()
    {
        Task writing = WriteAsync("longer than the pipe takes\n\n").AsTask();

        bool written = _output.TryWrite(new EncodedFrame(Heartbeat));
        string read = await _pipe.Reader.ReadTextAsync();
        await writing.OrTimeout();

        Assert.False(written);
        Assert.Equal("longer than the pipe takes\n\n", read);
    }

    [Fact]
    public async Task A_heartbeat_is_never_inside_a_frame()
    {
        await WriteForeignAsync("data: 1\n");
        bool inside = _output.TryWrite(new EncodedFrame(Heartbeat));
        await WriteForeignAsync("\n");
        bool between = _output.TryWrite(new EncodedFrame(Heartbeat));

        Assert.False(inside);
        Assert.True(between);
        Assert.Equal("data: 1\n\n: \n\n", await _pipe.Reader.ReadTextAsync());
    }

    [Fact]
    public async Task A_heartbeat_without_a_reader_ends_the_stream()
    {
        await _pipe.Reader.CompleteAsync();

        _output.TryWrite(new EncodedFrame(Heartbeat));
        bool again = _output.TryWrite(new EncodedFrame(Heartbeat));

        Assert.False(again);
        await Assert.ThrowsAsync<IOException>(() => WriteAsync("late\n\n").AsTask());
    }

    [Fact]
    public async Task After_the_end_only_the_final_frame_is_written()
    {
        _output.End();

        bool heartbeat = _output.TryWrite(new EncodedFrame(Heartbeat));
        Exception? late = await Record.ExceptionAsync(async () => await WriteAsync("late\n\n"));
        bool finalFrame = await _output.TryWriteLastAsync(FinalFrame);

        Assert.False(heartbeat);
        Assert.IsType<OperationCanceledException>(late);
        Assert.True(finalFrame);
        Assert.Equal("retry: 5\n\n", await _pipe.Reader.ReadTextAsync());
    }

    [Fact]
    public async Task There_is_no_final_frame_behind_a_slow_client()
    {
        Task writing = WriteAsync("longer than the pipe takes\n\n").AsTask();
        _output.End();

        bool finalFrame = await _output.TryWriteLastAsync(FinalFrame);

        Assert.False(finalFrame);
        Assert.Equal("longer than the pipe takes\n\n", await _pipe.Reader.ReadTextAsync());
        await writing.OrTimeout();
    }

    [Fact]
    public async Task There_is_no_final_frame_inside_a_frame()
    {
        await WriteForeignAsync("data: 1\n");
        _output.End();

        bool finalFrame = await _output.TryWriteLastAsync(FinalFrame);

        Assert.False(finalFrame);
        Assert.Equal("data: 1\n", await _pipe.Reader.ReadTextAsync());
    }

    [Fact]
    public async Task There_is_no_final_frame_without_a_reader()
    {
        await _pipe.Reader.CompleteAsync();
        _output.End();

        bool finalFrame = await _output.TryWriteLastAsync(FinalFrame);

        Assert.False(finalFrame);
    }

    [Fact]
    public async Task An_unflushed_frame_is_sent_with_the_next_flush()
    {
        await _output.WriteAsync(new EncodedFrame(Heartbeat), flush: false, CancellationToken.None);
        long unflushed = _output.UnflushedBytes;

        await _output.FlushAsync(CancellationToken.None);

        Assert.Equal(Heartbeat.Length, unflushed);
        Assert.Equal(0, _output.UnflushedBytes);
        Assert.Equal(": \n\n", await _pipe.Reader.ReadTextAsync());
    }

    [Fact]
    public async Task Frames_keep_their_order_whether_they_are_flushed_or_not()
    {
        var pipe = new MemoryPipeWriter();
        var output = new StreamOutput(pipe, EventSize.Default);
        var random = new Random(42);
        string expected = "";

        for (int number = 0; number < 500; number++)
        {
            // Some are larger than the buffer that is collected before a flush.
            string frame = $"data: {number} {new string('x', random.Next(random.Next(10_000)))}\n\n";
            await output.WriteAsync(new EncodedFrame(Encoding.UTF8.GetBytes(frame)), flush: random.Next(5) == 0, CancellationToken.None);
            expected += frame;
            if (random.Next(20) == 0)
            {
                Assert.True(output.TryWrite(new EncodedFrame(Heartbeat)));
                expected += ": \n\n";
            }
        }

        output.End();
        Assert.True(await output.TryWriteLastAsync(FinalFrame));

        Assert.Equal(expected + "retry: 5\n\n", pipe.FlushedText);
    }

    [Fact]
    public async Task A_flush_is_not_cancelled_only_the_wait_for_it()
    {
        await _output.WriteAsync(new EncodedFrame(Heartbeat), flush: false, CancellationToken.None);

        await _output.FlushAsync(new CancellationToken(canceled: true));

        Assert.Equal(": \n\n", await _pipe.Reader.ReadTextAsync());
    }

    [Fact]
    public async Task Unflushed_bytes_are_sent_at_the_end_of_a_stream()
    {
        await _output.WriteAsync(new EncodedFrame(Heartbeat), flush: false, CancellationToken.None);

        await _output.DrainAsync(CancellationToken.None);
        await _pipe.Writer.CompleteAsync();

        Assert.Equal(": \n\n", await _pipe.Reader.ReadTextAsync());
    }

    private ValueTask WriteAsync(string frame) =>
        _output.WriteAsync(new EncodedFrame(Encoding.UTF8.GetBytes(frame)), flush: true, CancellationToken.None);

    private ValueTask WriteForeignAsync(string bytes) =>
        _output.WriteForeignAsync(Encoding.UTF8.GetBytes(bytes), CancellationToken.None);
}
