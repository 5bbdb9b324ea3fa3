using System.Text.Json;

namespace SseKit.Tests.Writing;

public sealed class JsonDefaultsTests
{
    [Fact]
    public async Task Unused_options_need_no_resolver()
    {
        var output = new MemoryPipeWriter();
        var events = new SseEventWriter(output, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper });

        await events.WriteAsync(new { LastPrice = 1 });

        Assert.Equal("data: {\"LAST_PRICE\":1}\n\n", output.Text);
    }
}
