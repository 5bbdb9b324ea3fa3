using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class SilentAnswerTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [NodeTheory]
    [ClassData(typeof(AnswerClients))]
    [ClassData(typeof(ResumingClients))]
    public async Task A_client_gets_no_event_from_heartbeats(string client)
    {
        ClientReport report = await NodeClients.RunAsync(client, app.Address, "/silent");

        Assert.Null(report.Error);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
    }

    [NodeFact]
    public async Task A_client_that_fails_on_blank_lines_posts_once()
    {
        ClientReport report = await NodeClients.RunAsync("fetch-event-source-comments", app.Address, "/silent");

        Assert.Null(report.Error);
        Assert.Equal(1, report.Number("requests"));
        Assert.Equal(ProtocolsApp.Answer, report.Text);
    }
}
