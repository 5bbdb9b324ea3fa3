using ChatStreaming.Docs;
using ChatStreaming.Llm;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Tests.Docs;

public sealed class DirectiveTests
{
    [Theory]
    [InlineData("/long 1", "repeated.\n\n1")]
    [InlineData("/LONG  30 ", "24 25\n\n26 27 28 29 30")]
    [InlineData("/long 999999", "4999 5000")]
    public async Task Long_counts_to_the_given_number(string question, string end)
    {
        ChatResponse response = await AskAsync(question);

        Assert.EndsWith(end, response.Text);
        Assert.Equal(TokenPieces.Of(response.Text).Count(), response.Usage?.OutputTokenCount);
    }

    [Theory]
    [InlineData("/silent 20s", 20)]
    [InlineData("/silent 5", 5)]
    [InlineData("/silent 9999s", 600)]
    public void Silent_pauses_for_the_given_time(string question, int seconds)
    {
        Directive? directive = Directive.In(question);

        Assert.Equal(TimeSpan.FromSeconds(seconds), directive?.Silence);
        Assert.NotEqual("", directive?.Afterwards);
    }

    [Fact]
    public async Task Fail_and_cut_end_before_the_answer_does()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => AskAsync("/fail"));
        await Assert.ThrowsAsync<ModelCutOffException>(() => AskAsync("/cut"));
    }

    [Theory]
    [InlineData("/long")]
    [InlineData("/long ten")]
    [InlineData("What does /fail do?")]
    [InlineData("/failure")]
    public void Other_text_is_a_question(string question)
    {
        Assert.Null(Directive.In(question));
    }

    private static async Task<ChatResponse> AskAsync(string question)
    {
        using var model = new DocsChatClient(new DocsIndex([]), new InstantTimeProvider());
        return await model.GetResponseAsync(question);
    }
}
