using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class ResumeTests
{
    [NodeFact]
    public async Task An_AI_SDK_chat_resumes_with_the_whole_text()
    {
        await using HeldProtocolsApp app = await HeldProtocolsApp.StartAsync(resumes: 2);
        CuttingProxy proxy = app.CutAfter(" stays");

        ClientReport report = await NodeClients.RunAsync("ai-resume", proxy.Address, "hello", app.Address.ToString());

        Assert.Null(report.Error);
        Assert.NotNull(report.String("cutError"));
        Assert.StartsWith(report.String("cutText"), ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.Equal(ProtocolsApp.Answer, report.String("reloadedText"));
        Assert.Equal(("", "ready"), (report.String("lateText"), report.String("lateStatus")));
    }

    [NodeTheory]
    [InlineData("openai-background")]
    [InlineData("ag-ui-resume")]
    public async Task A_client_continues_a_cut_answer(string client)
    {
        await using HeldProtocolsApp app = await HeldProtocolsApp.StartAsync(resumes: 2);
        CuttingProxy proxy = app.CutAfter(" stays");

        ClientReport report = await NodeClients.RunAsync(client, proxy.Address, "hello", app.Address.ToString());

        Assert.Null(report.Error);
        Assert.NotNull(report.String("cutError"));
        Assert.StartsWith(report.String("cutText"), ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.NotEqual(ProtocolsApp.Answer, report.String("cutText"));
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.Equal(ProtocolsApp.Answer, report.String("tabText"));
    }

    [NodeTheory]
    [InlineData("workflow", 3)]
    [InlineData("tanstack", 2)]
    [InlineData("langgraph", 2)]
    public async Task A_resuming_client_has_the_whole_text_once(string client, int resumes)
    {
        await using HeldProtocolsApp app = await HeldProtocolsApp.StartAsync(resumes);
        CuttingProxy proxy = app.CutAfter(" stays");

        ClientReport report = await NodeClients.RunAsync(client, proxy.Address, "hello", app.Address.ToString());

        Assert.Null(report.Error);
        Assert.True(proxy.Cut.IsCompletedSuccessfully);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.Equal(ProtocolsApp.Answer, report.String("tabText"));
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
        Assert.Equal(1, report.Number("ends"));
        Assert.Equal(error, string.Join(", ", report.Strings("errors")));
        Assert.StartsWith(report.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
        Assert.Equal(error.Length == 0, report.Text == ProtocolsApp.Answer);
    }
}
