using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class OpenAiPackageTests(ProtocolsApp app) : IClassFixture<ProtocolsApp>
{
    [Fact]
    public async Task It_gets_the_answer_with_finish_reason_and_usage()
    {
        Conversation conversation = await AskAsync(app.Address, "/silent");

        Assert.Null(conversation.Failure);
        Assert.Equal(ProtocolsApp.Answer, conversation.Text);
        Assert.Equal(ChatFinishReason.Stop, conversation.FinishReason);
        Assert.True(conversation.OutputTokens > 0);
    }

    [Theory]
    [InlineData("/fail")]
    [InlineData("/cut")]
    public async Task It_throws_if_the_answer_fails(string prompt)
    {
        Conversation conversation = await AskAsync(app.Address, prompt);

        Assert.NotNull(conversation.Failure);
        Assert.Null(conversation.FinishReason);
        Assert.NotEqual(ProtocolsApp.Answer, conversation.Text);
        Assert.StartsWith(conversation.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_throws_if_the_connection_drops_and_keeps_the_text()
    {
        Conversation conversation = await AskAsync(app.CutAfter(" stays").Address, "hello");

        Assert.NotNull(conversation.Failure);
        Assert.NotEmpty(conversation.Text);
        Assert.StartsWith(conversation.Text, ProtocolsApp.Answer, StringComparison.Ordinal);
    }

    private static async Task<Conversation> AskAsync(Uri address, string prompt)
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(address, "v1") };
        var client = new ChatClient("demo", new ApiKeyCredential("none"), options);
        var conversation = new Conversation();
        try
        {
            await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(prompt))
            {
                conversation.Text += string.Concat(update.ContentUpdate.Select(static part => part.Text));
                conversation.FinishReason ??= update.FinishReason;
                conversation.OutputTokens = update.Usage?.OutputTokenCount ?? conversation.OutputTokens;
            }
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException or ClientResultException)
        {
            conversation.Failure = failure;
        }

        return conversation;
    }

    private sealed class Conversation
    {
        public string Text { get; set; } = "";

        public ChatFinishReason? FinishReason { get; set; }

        public int OutputTokens { get; set; }

        public Exception? Failure { get; set; }
    }
}
