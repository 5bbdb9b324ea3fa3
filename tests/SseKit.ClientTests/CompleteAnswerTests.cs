using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class CompleteAnswerTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [NodeTheory]
    [ClassData(typeof(AnswerClients))]
    [ClassData(typeof(ResumingClients))]
    public async Task A_client_gets_the_complete_answer_once(string client)
    {
        ClientReport report = await NodeClients.RunAsync(client, app.Address, "hello");

        Assert.Null(report.Error);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.Equal(ProtocolsApp.Answer, report.String("finalText") ?? report.Text);
        Assert.NotNull(report.String("finishReason"));
    }
}
