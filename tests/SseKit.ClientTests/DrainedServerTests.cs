using SseKit.ClientTests.Infrastructure;
using SseKit.ClientTests.Infrastructure.Restarts;

namespace SseKit.ClientTests;

public sealed class DrainedServerTests(DrainedServer restart) : IClassFixture<DrainedServer>
{
    [NodeTheory]
    [InlineData("openai")]
    [InlineData("ag-ui")]
    [InlineData("workflow")]
    [InlineData("tanstack")]
    [InlineData("langgraph")]
    [InlineData("eventsource")]
    public async Task A_client_continues_an_answer_that_ended_during_shutdown(string client)
    {
        ClientReport report = await restart.ReportOfAsync(client);

        Assert.Null(report.Error);
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.True(report.Flag("isWhole"));
        Assert.Empty(report.Strings("failures"));
        Assert.Equal(ProtocolsApp.Answer, report.String("tabText"));
        Assert.True(report.Flag("tabIsWhole"));
        Assert.Empty(report.Strings("tabFailures"));
    }

    // After the restart the client asks for an answer that is being written, and finds none.
    [NodeFact]
    public async Task An_AI_SDK_chat_gets_its_answer_before_the_stop()
    {
        ClientReport report = await restart.ReportOfAsync("ai");

        Assert.Null(report.Error);
        Assert.Equal(ProtocolsApp.Answer, report.String("cutText"));
        Assert.Empty(report.Strings("cutFailures"));
        Assert.Equal(ProtocolsApp.Answer, report.Text);
        Assert.Empty(report.Strings("failures"));
        Assert.Equal("", report.String("tabText"));
        Assert.Empty(report.Strings("tabFailures"));
    }
}
