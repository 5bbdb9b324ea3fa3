using System.Text;

namespace SseKit.Tests.Writing;

public sealed class SseEventWriterStreamTests
{
    [Fact]
    public async Task Each_event_is_written_to_the_stream_and_flushed()
    {
        using var stream = new CountingStream();
        var events = new SseEventWriter(stream);

        await events.WriteAsync("tick", "clock");
        await events.WriteCommentAsync("alive");
        await events.WriteAsync(new { A = 1 });

        Assert.Equal("event: clock\ndata: tick\n\n: alive\ndata: {\"a\":1}\n\n", stream.Text);
        Assert.Equal(3, stream.Flushes);
    }

    [Fact]
    public async Task A_broken_stream_refuses_all_later_events()
    {
        using var stream = new CountingStream { Failure = new IOException("the disk is full") };
        var events = new SseEventWriter(stream);

        Exception? first = await Record.ExceptionAsync(async () => await events.WriteAsync("one"));
        stream.Failure = null;
        Exception? second = await Record.ExceptionAsync(async () => await events.WriteAsync("two"));

        Assert.Contains("the disk is full", Assert.IsType<IOException>(first).Message);
        Assert.IsType<IOException>(second);
        Assert.Equal("", stream.Text);
    }

    [Fact]
    public void A_missing_output_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => new SseEventWriter((System.IO.Pipelines.PipeWriter)null!));
        Assert.Throws<ArgumentNullException>(() => new SseEventWriter((Stream)null!));
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Flushes { get; private set; }

        public IOException? Failure { get; set; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Failure is null ? base.WriteAsync(buffer, cancellationToken) : ValueTask.FromException(Failure);

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
