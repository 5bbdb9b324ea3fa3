using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class EventSourceParserTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    public static TheoryData<string> Endpoints => AiEndpoint.Names();

    [NodeTheory]
    [MemberData(nameof(Endpoints))]
    public async Task It_reads_a_stream_however_its_bytes_are_split(string endpoint)
    {
        using HttpClient http = app.CreateHttpClient();
        using HttpRequestMessage request = AiEndpoint.Named(endpoint).RequestWith("/silent");
        using HttpResponseMessage response = await http.SendAsync(request);
        byte[] body = await response.Content.ReadAsByteArrayAsync();

        ClientReport report = await NodeClients.RunWithInputAsync("eventsource-parser", body);

        Assert.Null(report.Error);
        Assert.Equal(body.Length + 1, report.Number("offsets"));
        Assert.True(report.Number("events") > 30);
    }
}
