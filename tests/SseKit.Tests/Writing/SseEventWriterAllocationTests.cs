using System.IO.Pipelines;

namespace SseKit.Tests.Writing;

/// <summary>An event that is written without waiting allocates nothing, because servers write to thousands of clients.</summary>
[Collection(SharedPools.Name)]
public sealed class SseEventWriterAllocationTests
{
    private const int Events = 10_000;

    private readonly Pipe _pipe = new();
    private readonly SseEventWriter _events;
    private readonly ReadOnlyMemory<byte> _utf8 = "tick"u8.ToArray();

    public SseEventWriterAllocationTests() => _events = new SseEventWriter(_pipe.Writer);

    [Fact]
    public void A_string_allocates_nothing() => AssertAllocatesNothing(() => _events.WriteAsync("tick"));

    [Fact]
    public void A_string_with_an_event_type_allocates_nothing() => AssertAllocatesNothing(() => _events.WriteAsync("tick", "clock"));

    [Fact]
    public void Utf8_bytes_allocate_nothing() => AssertAllocatesNothing(() => _events.WriteAsync(_utf8, "clock"));

    [Fact]
    public void A_value_allocates_nothing_in_SseKit() => AssertAllocatesNothing(() => _events.WriteAsync(42));

    [Fact]
    public void A_comment_allocates_nothing() => AssertAllocatesNothing(() => _events.WriteCommentAsync("alive"));

    private void AssertAllocatesNothing(Func<ValueTask> write)
    {
        WriteAndRead(write, 1000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteAndRead(write, Events);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Less than a byte for an event. Other tests may have taken the pooled buffers meanwhile, and then a new one is created.
        Assert.InRange(allocated, 0, Events - 1);
    }

    private void WriteAndRead(Func<ValueTask> write, int count)
    {
        for (int written = 0; written < count; written++)
        {
            AssertCompleted(write());
            _pipe.Reader.TryRead(out ReadResult result);
            _pipe.Reader.AdvanceTo(result.Buffer.End);
        }
    }

    private static void AssertCompleted(ValueTask writing) => Assert.True(writing.IsCompletedSuccessfully);
}
