using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class DroppedConnectionTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [NodeTheory]
    [ClassData(typeof(AnswerClients))]
    public async Task A_client_reports_a_dropped_connection_and_keeps_the_text(string client)
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
