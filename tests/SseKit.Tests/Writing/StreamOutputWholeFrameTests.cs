using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

/// <summary>A frame is written whole or not at all, whatever throws while it is composed or written.</summary>
public sealed class StreamOutputWholeFrameTests
{
    private readonly MemoryPipeWriter _pipe = new();
    private readonly StreamOutput _output;

    public StreamOutputWholeFrameTests() => _output = new StreamOutput(_pipe, EventSize.Default);

    [Theory]
    [InlineData(10, true)]
    [InlineData(10, false)]
    [InlineData(5_000, true)]
    [InlineData(100_000, true)]
    [InlineData(100_000, false)]
    public async Task A_frame_that_throws_midway_leaves_no_byte(int length, bool flush)
    {
        var undone = new StrongBox();
        await WriteAsync("before", flush: false);

        await Assert.ThrowsAsync<KeyNotFoundException>(
            async () => await _output.WriteAsync(new ThrowingFrame(length, undone), flush, CancellationToken.None));
        await WriteAsync("after", flush: true);

        Assert.Equal("beforeafter", _pipe.FlushedText);
        Assert.Equal(1, undone.Count);
    }

    [Fact]
    public async Task A_frame_that_throws_leaves_no_byte_for_others()
    {
        var others = new MemoryPipeWriter();
        var other = new StreamOutput(others, EventSize.Default);

        for (int i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<KeyNotFoundException>(
                async () => await _output.WriteAsync(new ThrowingFrame(100 * i, new StrongBox()), flush: true, CancellationToken.None));
            await other.WriteAsync(new EncodedFrame("."u8.ToArray()), flush: true, CancellationToken.None);
        }

        Assert.Equal("", _pipe.Text);
        Assert.Equal(new string('.', 100), others.FlushedText);
    }

    [Fact]
    public async Task A_frame_that_throws_for_a_timer_ends_the_stream()
    {
        bool written = _output.TryWrite(new ThrowingFrame(10, new StrongBox()));
        bool again = _output.TryWrite(new EncodedFrame("."u8.ToArray()));

        Assert.True(written);
        Assert.False(again);
        Assert.Equal("", _pipe.Text);
        await Assert.ThrowsAsync<IOException>(() => WriteAsync("late", flush: true).AsTask());
    }

    [Fact]
    public async Task Items_before_one_that_throws_are_written()
    {
        var events = new SseEventWriter(_output, JsonSerializerOptions.Web, lastEventId: null);
        Note[] notes = [new("a"), new("b"), new(null), new("d")];

        await Assert.ThrowsAsync<KeyNotFoundException>(
            async () => await events.WriteAllAsync(notes.Select(note => new System.Net.ServerSentEvents.SseItem<Note>(note))));
        await events.WriteAsync(new Note("e"));

        Assert.Equal("data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\ndata: {\"text\":\"e\"}\n\n", _pipe.FlushedText);
    }

    [Fact]
    public async Task A_converter_that_writes_to_other_streams_keeps_them_apart()
    {
        var outer = new SseEventWriter(_output, JsonSerializerOptions.Web, lastEventId: null);
        var inner = new MemoryPipeWriter();
        var nested = new SseEventWriter(inner);

        await outer.WriteAsync(new Nesting(() => AssertCompleted(nested.WriteAsync(new Note("inner")))));
        await Assert.ThrowsAsync<KeyNotFoundException>(
            async () => await outer.WriteAsync(new Nesting(() => AssertCompleted(nested.WriteAsync(new Note(null))))));

        Assert.Equal("data: \"outer\"\n\n", _pipe.FlushedText);
        Assert.Equal("data: {\"text\":\"inner\"}\n\n", inner.FlushedText);
    }

    [Fact]
    public async Task A_pipe_that_throws_ends_the_stream()
    {
        var broken = new BrokenPipeWriter();
        var output = new StreamOutput(broken, EventSize.Default);
        await output.WriteAsync(new EncodedFrame("."u8.ToArray()), flush: false, CancellationToken.None);

        bool flushed = output.TryFlush();

        Assert.True(flushed);
        Assert.True(output.TryFlush());
        await Assert.ThrowsAsync<IOException>(
            () => output.WriteAsync(new EncodedFrame("."u8.ToArray()), flush: true, CancellationToken.None).AsTask());
        Assert.Equal(1, broken.Flushes);
    }

    [Fact]
    public async Task A_pipe_without_room_for_a_frame_ends_the_stream()
    {
        var full = new BrokenPipeWriter(hasRoom: false);
        var output = new StreamOutput(full, EventSize.Default);

        await Assert.ThrowsAsync<IOException>(
            () => output.WriteAsync(new EncodedFrame("."u8.ToArray()), flush: true, CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<IOException>(
            () => output.WriteAsync(new EncodedFrame("."u8.ToArray()), flush: true, CancellationToken.None).AsTask());

        Assert.False(output.TryWrite(new EncodedFrame("."u8.ToArray())));
    }

    private ValueTask WriteAsync(string text, bool flush) =>
        _output.WriteAsync(new EncodedFrame(Encoding.UTF8.GetBytes(text)), flush, CancellationToken.None);

    private static void AssertCompleted(ValueTask writing)
    {
        if (writing.IsFaulted)
        {
            writing.GetAwaiter().GetResult();
        }

        Assert.True(writing.IsCompletedSuccessfully);
    }

    private readonly struct ThrowingFrame(int length, StrongBox undone) : IWriteOperation
    {
        public int Events => 1;

        public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
        {
            output.Write(Encoding.UTF8.GetBytes(new string('x', length)));
            throw new KeyNotFoundException();
        }

        public void Undo() => undone.Count++;
    }

    private sealed class StrongBox
    {
        public int Count { get; set; }
    }

    private sealed record Note(string? Text)
    {
        public string? Text { get => field ?? throw new KeyNotFoundException(); } = Text;
    }

    [JsonConverter(typeof(NestingConverter))]
    private sealed record Nesting(Action Write);

    private sealed class NestingConverter : JsonConverter<Nesting>
    {
        public override Nesting Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Nesting value, JsonSerializerOptions options)
        {
            value.Write();
            writer.WriteStringValue("outer");
        }
    }

    private sealed class BrokenPipeWriter(bool hasRoom = true) : PipeWriter
    {
        public int Flushes { get; private set; }

        public override void Advance(int bytes)
        {
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes++;
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => hasRoom
            ? new byte[Math.Max(sizeHint, 16)]
            : throw new InvalidOperationException("Writing is not allowed after the writer was completed.");

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
