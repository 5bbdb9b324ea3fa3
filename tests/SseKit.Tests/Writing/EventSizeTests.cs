using System.Text.Json;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

/// <summary>I8: one event's data is bounded, in bytes of UTF-8.</summary>
public sealed class EventSizeTests
{
    private const int MaxEventSize = 12;

    private readonly MemoryPipeWriter _output = new();
    private readonly SseEventWriter _events;

    public EventSizeTests() => _events = new SseEventWriter(
        new StreamOutput(_output, MaxEventSize), JsonSerializerOptions.Web, lastEventId: null);

    [Fact]
    public async Task Data_at_the_limit_is_written()
    {
        await _events.WriteAsync("123456789012");
        await _events.WriteAsync("éééééé");
        await _events.WriteAsync("123456789012"u8.ToArray());
        await _events.WriteAsync(new { A = 12_345 });
        await _events.WriteCommentAsync("éééééé");

        Assert.Equal(
            "data: 123456789012\n\ndata: éééééé\n\ndata: 123456789012\n\ndata: {\"a\":12345}\n\n: éééééé\n", _output.Text);
    }

    [Fact]
    public async Task Data_beyond_the_limit_is_refused()
    {
        await AssertRefusedAsync(() => _events.WriteAsync("1234567890123"), 13);
        await AssertRefusedAsync(() => _events.WriteAsync("ééééééé"), 14);
        await AssertRefusedAsync(() => _events.WriteAsync("1234567890123"u8.ToArray()), 13);
        await AssertRefusedAsync(() => _events.WriteAsync(new { A = 1_234_567 }), 13);
        await AssertRefusedAsync(() => _events.WriteCommentAsync("1234567890123"), 13);
        await AssertRefusedAsync(() => _events.WriteCommentAsync("ééééééé"), 14);
    }

    private async Task AssertRefusedAsync(Func<ValueTask> write, int size)
    {
        string before = _output.Text;

        Exception? exception = await Record.ExceptionAsync(async () => await write());
        string afterRefusal = _output.Text;
        await _events.WriteAsync("next");

        Assert.IsType<ArgumentException>(exception);
        Assert.Contains($"{size} bytes, more than the {MaxEventSize} that SseOptions.MaxEventSize allows", exception.Message);
        Assert.Equal(before, afterRefusal);
        Assert.Equal(before + "data: next\n\n", _output.FlushedText);
    }
}
