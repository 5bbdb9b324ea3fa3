using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class SilentAnswerTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [NodeTheory]
    [ClassData(typeof(AnswerClients))]
    public async Task A_client_hears_nothing_of_the_heartbeats_in_a_long_silence(string client)
    {
        ClientReport report = await NodeClients.RunAsync(client, app.Address, "/silent");

        Assert.Null(report.Error);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
    }
}
