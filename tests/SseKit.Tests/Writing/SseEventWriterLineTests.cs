using System.Text;

namespace SseKit.Tests.Writing;

/// <summary>WHATWG HTML §9.2.6: a line ends at CR, LF or CRLF, and at nothing else (I6).</summary>
public sealed class SseEventWriterLineTests
{
    [Theory]
    [InlineData("", "data: \n\n")]
    [InlineData(" leading space", "data:  leading space\n\n")]
    [InlineData("one\ntwo", "data: one\ndata: two\n\n")]
    [InlineData("one\rtwo", "data: one\ndata: two\n\n")]
    [InlineData("one\r\ntwo", "data: one\ndata: two\n\n")]
    [InlineData("trailing\n", "data: trailing\ndata: \n\n")]
    [InlineData("trailing\r", "data: trailing\ndata: \n\n")]
    [InlineData("trailing\r\n", "data: trailing\ndata: \n\n")]
    [InlineData("\nleading", "data: \ndata: leading\n\n")]
    [InlineData("\n\n", "data: \ndata: \ndata: \n\n")]
    [InlineData("\n\r", "data: \ndata: \ndata: \n\n")]
    [InlineData("\r\r\n\n", "data: \ndata: \ndata: \ndata: \n\n")]
    [InlineData("data: x\n\nevent: forged", "data: data: x\ndata: \ndata: event: forged\n\n")]
    public async Task Data_is_split_at_cr_and_lf_and_crlf(string data, string expected) => await AssertWrittenAsync(data, expected);

    [Theory]
    [InlineData("line\u2028separator")]
    [InlineData("paragraph\u2029separator")]
    [InlineData("next\u0085line")]
    [InlineData("vertical\vtab")]
    [InlineData("form\ffeed")]
    [InlineData("\u001cfile\u001dgroup\u001erecord")]
    [InlineData("nul\0inside")]
    [InlineData("\ufeffbyte order mark")]
    public async Task Data_is_not_split_at_other_characters(string data) => await AssertWrittenAsync(data, $"data: {data}\n\n");

    [Fact]
    public async Task A_lone_surrogate_becomes_the_replacement_character()
    {
        var output = new MemoryPipeWriter();

        await new SseEventWriter(output).WriteAsync("a\ud800b\udc00");

        Assert.Equal("data: a\ufffdb\ufffd\n\n", output.Text);
    }

    [Fact]
    public async Task Data_longer_than_any_buffer_is_written_completely()
    {
        var output = new MemoryPipeWriter();
        string data = new('é', 300_000);

        await new SseEventWriter(output).WriteAsync(data);

        Assert.Equal($"data: {data}\n\n", output.Text);
    }

    private static async Task AssertWrittenAsync(string data, string expected)
    {
        var text = new MemoryPipeWriter();
        var utf8 = new MemoryPipeWriter();

        await new SseEventWriter(text).WriteAsync(data);
        await new SseEventWriter(utf8).WriteAsync(Encoding.UTF8.GetBytes(data));

        Assert.Equal(expected, text.Text);
        Assert.Equal(expected, utf8.Text);
    }
}
