using SseKit.ClientTests.Infrastructure;
using SseKit.ClientTests.Infrastructure.Restarts;

namespace SseKit.ClientTests;

public sealed class KilledServerTests(KilledServer restart) : IClassFixture<KilledServer>
{
    [NodeTheory]
    [ClassData(typeof(ProtocolClients))]
    public async Task A_client_of_a_killed_server_reports_the_interruption(string client)
    {
        ClientReport report = await restart.ReportOfAsync(client);

        ServerRestart.AssertInterrupted(report);
    }
}
