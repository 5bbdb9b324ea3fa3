using System.Net.ServerSentEvents;
using System.Text.Json;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class SseParserTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [Fact]
    public async Task It_reads_the_answer_once_and_its_end()
    {
        Reading reading = await ReadAsync(app.Address, "/silent");

        Assert.Equal(ProtocolsApp.Answer, reading.Text);
        Assert.Equal("message_stop", reading.EventTypes.Last(type => type != "ping"));
        Assert.Single(reading.EventTypes, "message_start");
        Assert.Contains("ping", reading.EventTypes);
        Assert.Null(reading.Failure);
    }

    [Fact]
    public async Task It_reads_the_text_an_error_and_an_abort()
    {
        Reading reading = await ReadAsync(app.Address, "/fail");

        Assert.StartsWith(reading.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.Equal("error", reading.EventTypes.Last(type => type != "ping"));
        Assert.Contains("The model is overloaded.", reading.LastData, StringComparison.Ordinal);
        Assert.IsAssignableFrom<IOException>(reading.Failure);
    }

    [Fact]
    public async Task It_keeps_the_text_if_the_connection_drops()
    {
        Reading reading = await ReadAsync(app.CutAfter(" stays").Address, "hello");

        Assert.NotEmpty(reading.Text);
        Assert.StartsWith(reading.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", reading.EventTypes);
        Assert.IsAssignableFrom<IOException>(reading.Failure);
    }

    private static async Task<Reading> ReadAsync(Uri address, string prompt)
    {
        using var http = new HttpClient { BaseAddress = address };
        using HttpRequestMessage request = AiEndpoint.Named("anthropic").RequestWith(prompt);
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).OrTimeout();
        var reading = new Reading();
        try
        {
            await foreach (SseItem<string> item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
            {
                reading.Take(item);
            }
        }
        catch (IOException failure)
        {
            reading.Failure = failure;
        }

        return reading;
    }

    private sealed class Reading
    {
        public string Text { get; private set; } = "";

        public List<string> EventTypes { get; } = [];

        public string LastData { get; private set; } = "";

        public Exception? Failure { get; set; }

        public void Take(SseItem<string> item)
        {
            EventTypes.Add(item.EventType);
            LastData = item.Data;
            if (item.EventType == "content_block_delta")
            {
                using JsonDocument data = JsonDocument.Parse(item.Data);
                Text += data.RootElement.GetProperty("delta").GetProperty("text").GetString();
            }
        }
    }
}
