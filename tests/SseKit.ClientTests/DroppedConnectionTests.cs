using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class DroppedConnectionTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [NodeTheory]
    [ClassData(typeof(AnswerClients))]
    public async Task A_client_whose_connection_drops_reports_it_and_has_the_text_so_far_once(string client)
    {
        CuttingProxy proxy = app.CutAfter(" stays");

        ClientReport report = await NodeClients.RunAsync(client, proxy.Address, "hello");

        Assert.NotNull(report.Error);
        Assert.NotEmpty(report.Text);
        Assert.NotEqual(ProtocolsApp.Answer, report.Text);
        Assert.StartsWith(report.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.True(proxy.Cut.IsCompleted);
    }
}
