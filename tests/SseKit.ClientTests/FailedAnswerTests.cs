using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class FailedAnswerTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [NodeTheory]
    [ClassData(typeof(AnswerClients))]
    [ClassData(typeof(ResumingClients))]
    public async Task A_client_gets_the_text_and_the_failure(string client)
    {
        ClientReport report = await NodeClients.RunAsync(client, app.Address, "/fail");

        Assert.NotEmpty(report.Text);
        Assert.NotEqual(ProtocolsApp.Answer, report.Text);
        Assert.StartsWith(report.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.Contains("The model is overloaded.", Assert.Single(Failures(report)), StringComparison.Ordinal);
    }

    // Some clients report the failure of an answer as an event, and throw if the connection fails too.
    private static string[] Failures(ClientReport report) =>
        [.. report.Error is { } error ? [error] : (string[])[], .. report.More.ContainsKey("runErrors") ? report.Strings("runErrors") : []];
}
