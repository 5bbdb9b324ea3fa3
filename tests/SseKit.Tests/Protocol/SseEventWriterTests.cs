namespace SseKit.Tests.Protocol;

public sealed class SseEventWriterTests
{
    private readonly WriterOutput _output = new();
    private readonly SseEventWriter _events;

    public SseEventWriterTests() => _events = new SseEventWriter(_output);

    [Fact]
    public async Task A_string_is_written_raw_and_flushed()
    {
        await _events.WriteAsync("tick");

        Assert.Equal("data: tick\n\n", _output.Text);
        Assert.Equal(1, _output.Flushes);
    }

    [Fact]
    public async Task A_value_is_written_as_json()
    {
        await _events.WriteAsync(new { Price = 42.5m });

        Assert.Equal("data: {\"price\":42.5}\n\n", _output.Text);
    }
}
