using SseKit.ClientTests.Infrastructure;
using SseKit.ClientTests.Infrastructure.Restarts;

namespace SseKit.ClientTests;

public sealed class TerminatedServerTests(TerminatedServer restart) : IClassFixture<TerminatedServer>
{
    [NodeTheory]
    [ClassData(typeof(ProtocolClients))]
    public async Task A_client_reports_an_answer_that_exceeds_the_shutdown(string client)
    {
        ClientReport report = await restart.ReportOfAsync(client);

        ServerRestart.AssertInterrupted(report);

        // Its timeout, and not the hour of the answer, which no test waits for.
        Assert.True(restart.StopDuration >= TimeSpan.FromSeconds(2), $"It took {restart.StopDuration}.");
    }
}
