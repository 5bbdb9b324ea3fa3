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

    [NodeFact]
    public async Task A_client_that_takes_a_blank_line_for_an_event_posts_once()
    {
        ClientReport report = await NodeClients.RunAsync("fetch-event-source-comments", app.Address, "/silent");

        Assert.Null(report.Error);
        Assert.Equal(1, report.Number("requests"));
        Assert.Equal(ProtocolsApp.Answer, report.Text);
    }
}
