using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatStreaming.Tests.Docs;

public sealed class DocsChatClientTests
{
    private static readonly DocsIndex Index = new(
    [
        new Passage("README.md", ["SseKit", "Heartbeats"], "In silence a comment is written, so that proxies do not cut the connection. 🎈"),
        new Passage("README.md", ["SseKit", "Limits"], "MaxConnections bounds how many streams are open."),
    ]);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task An_answer_quotes_a_passage_and_names_its_source()
    {
        List<ChatResponseUpdate> updates = await AskAsync("How do heartbeats work?");

        Assert.Equal(
            """
            SseKit's docs say:

            ### Heartbeats

            In silence a comment is written, so that proxies do not cut the connection. 🎈

            *From README.md › Heartbeats*
            """.ReplaceLineEndings("\n"),
            string.Concat(updates.Select(static update => update.Text)));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task An_answer_has_many_pieces_without_split_surrogate_pairs()
    {
        List<ChatResponseUpdate> updates = await AskAsync("How do heartbeats work?");

        Assert.True(updates.Count > 20, $"{updates.Count} pieces");
        Assert.All(
            updates,
            static update => Assert.DoesNotContain(
                '\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(update.Text))));
    }

    [Theory]
    [InlineData("Hello!")]
    [InlineData("Who are you?")]
    [InlineData("Are you an AI?")]
    public async Task A_greeting_is_answered_with_an_introduction(string greeting)
    {
        string answer = string.Concat(await AskAsync(greeting));

        Assert.Contains("I am not an AI", answer);
        Assert.Contains("- Heartbeats\n- Limits", answer);
    }

    [Fact]
    public async Task A_question_outside_the_docs_is_not_answered()
    {
        string answer = string.Concat(await AskAsync("What is the capital of France?"));

        Assert.StartsWith("That is not in the docs.", answer);
        Assert.Contains("I am not an AI", answer);
    }

    [Fact]
    public async Task Only_the_latest_question_counts()
    {
        ChatMessage[] conversation =
            [new(ChatRole.User, "heartbeats?"), new(ChatRole.Assistant, "In silence…"), new(ChatRole.User, "And the limits?")];

        List<ChatResponseUpdate> updates = await ReadAsync(
            new DocsChatClient(Index, new InstantTimeProvider()).GetStreamingResponseAsync(conversation));

        Assert.Contains("MaxConnections", string.Concat(updates));
    }

    [Fact]
    public async Task Each_piece_waits_for_its_time()
    {
        await using IAsyncEnumerator<ChatResponseUpdate> answer = Client().GetStreamingResponseAsync("heartbeats").GetAsyncEnumerator();

        for (int i = 0; i < 3; i++)
        {
            ValueTask<bool> next = answer.MoveNextAsync();
            await _clock.TimerArmedAsync(DocsChatClient.Pace);
            Assert.False(next.IsCompleted);
            _clock.Advance(DocsChatClient.Pace);
            Assert.True(await next.OrTimeout());
        }
    }

    [Fact]
    public async Task A_cancelled_answer_stops_between_two_pieces()
    {
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<ChatResponseUpdate> answer =
            Client().GetStreamingResponseAsync("heartbeats", cancellationToken: stop.Token).GetAsyncEnumerator();
        ValueTask<bool> next = answer.MoveNextAsync();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.OrTimeout());
    }

    [Fact]
    public async Task Missing_docs_are_reported()
    {
        var client = new DocsChatClient(new DocsIndex([]), new InstantTimeProvider());

        Assert.Contains("carries no docs", (await client.GetResponseAsync("heartbeats?")).Text);
    }

    [Fact]
    public async Task Passages_of_one_table_and_section_share_head_and_heading()
    {
        var index = new DocsIndex(
            MarkdownPassages.Split("a.md", "# Limits\n\n| what | how many |\n|---|---|\n| streams | 5 |\n| pings | 6 |\n\nMore later.\n"));
        var client = new DocsChatClient(index, new InstantTimeProvider());

        Assert.Equal(
            "SseKit's docs say:\n\n### Limits\n\n| what | how many |\n|---|---|\n| streams | 5 |\n| pings | 6 |\n\n"
            + "More later.\n\n*From a.md › Limits*",
            (await client.GetResponseAsync("limits")).Text);
    }

    private static async Task<List<ChatResponseUpdate>> AskAsync(string question) =>
        await ReadAsync(new DocsChatClient(Index, new InstantTimeProvider()).GetStreamingResponseAsync(question));

    private static async Task<List<ChatResponseUpdate>> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> answer)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in answer)
        {
            updates.Add(update);
        }

        return updates;
    }

    private DocsChatClient Client() => new(Index, _clock);
}
