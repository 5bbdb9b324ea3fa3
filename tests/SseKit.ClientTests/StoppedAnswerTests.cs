using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

/// <summary>Another request stops an answer while a client reads it. Then the client reads the answer again.</summary>
public sealed class StoppedAnswerTests
{
    [NodeTheory]
    [ClassData(typeof(ProtocolClients))]
    public async Task A_client_of_a_stopped_answer_keeps_its_text(string client)
    {
        await using var app = new StoppableProtocolsApp();
        await app.InitializeAsync();

        ClientReport report = await NodeClients.RunAsync("stop", app.Address, "hello", client, HeldChatClient.FirstText);

        Assert.Null(report.Error);
        Assert.Equal(HeldChatClient.FirstText, report.Text);
        Assert.Empty(report.Strings("failures"));
        Assert.Equal(LooksWhole(client), report.Flag("isWhole"));
        await app.Model.Cancelled;

        // The SDK's chat asks for an answer that is being written, and an app keeps the others itself.
        Assert.Equal(client == "ai" ? "" : HeldChatClient.FirstText, report.String("tabText"));
        Assert.Empty(report.Strings("tabFailures"));
        Assert.Equal(1, app.Model.Calls);
    }

    // These two have events for a complete answer, and none for a stopped one. Without it they report no failure.
    private static bool LooksWhole(string client) => client is not ("openai" or "ag-ui");
}
