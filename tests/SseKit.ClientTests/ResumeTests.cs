using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class ResumeTests
{
    // The other streams are those of the continued answer and of the second tab, and those that one client only has.
    [NodeTheory]
    [InlineData("openai", 2)]
    [InlineData("ag-ui", 2)]
    [InlineData("ai", 2)]
    [InlineData("workflow", 3)]
    [InlineData("tanstack", 2)]
    [InlineData("langgraph", 2)]
    [InlineData("eventsource", 3)]
    public async Task A_client_has_the_text_of_a_cut_answer_once(string client, int otherStreams)
    {
        await using HeldProtocolsApp app = await HeldProtocolsApp.StartAsync(otherStreams);
        CuttingProxy proxy = app.CutAfter(" stays");

        ClientReport report = await NodeClients.RunAsync("cut", proxy.Address, "hello", client, app.Address.ToString());

        Assert.Null(report.Error);
        Assert.True(proxy.Cut.IsCompletedSuccessfully);
        Assert.StartsWith(report.String("cutText"), ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.Empty(report.Strings("failures"));
        Assert.Equal(ProtocolsApp.Answer, report.String("tabText"));
        Assert.Empty(report.Strings("tabFailures"));
        Assert.EndsWith(report.String("lastText") ?? "", ProtocolsApp.Answer, StringComparison.Ordinal);
    }

    [NodeTheory]
    [InlineData("hello", "")]
    [InlineData("/fail", "The model is overloaded.")]
    public async Task An_event_source_reads_an_answer_and_stops_at_204(string prompt, string error)
    {
        await using HeldProtocolsApp app = await HeldProtocolsApp.StartAsync(resumes: 1);

        ClientReport report = await NodeClients.RunAsync("eventsource-answer", app.Address, prompt);

        Assert.Equal(204, report.Number("closedBy"));
        Assert.Equal(error.Length == 0 ? 1 : 0, report.Number("ends"));
        Assert.Equal(error, string.Join(", ", report.Strings("errors")));
        Assert.StartsWith(report.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.Equal(error.Length == 0, report.Text == ProtocolsApp.Answer);
    }
}
