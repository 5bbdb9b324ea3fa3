using ChatStreaming.Docs;

namespace ChatStreaming.Tests.Docs;

public sealed class DocsIndexTests
{
    private static readonly DocsIndex Index = new(
    [
        Passage("Heartbeats", "In silence a comment is written, so that proxies do not cut the connection."),
        Passage("Resuming", "A client that reconnects sends Last-Event-ID and gets what it missed. See SseEventWriter.LastEventId."),
        Passage("Shutdown", "Streams end at once when the host stops, and clients reconnect to another server."),
        Passage("Limits", "MaxConnections bounds the connections, so that a flood stops at the door."),
    ]);

    [Theory]
    [InlineData("How do heartbeats work?", "Heartbeats")]
    [InlineData("heartbeat", "Heartbeats")]
    [InlineData("What does a client get that missed something?", "Resuming")]
    [InlineData("reconnecting and missing", "Resuming")]
    [InlineData("last event id", "Resuming")]
    [InlineData("LastEventId", "Resuming")]
    [InlineData("what happens when the host is stopped", "Shutdown")]
    [InlineData("max connections", "Limits")]
    public void Finds_a_passage_by_its_words(string question, string title) =>
        Assert.Equal(title, Index.Find(question, 2)[0].Title);

    [Theory]
    [InlineData("What is the capital of France?")]
    [InlineData("Write a poem about a lonely client in the rain")]
    [InlineData("how do you do")]
    [InlineData("…?!")]
    [InlineData("")]
    public void Finds_nothing_for_a_question_outside_the_docs(string question) => Assert.Empty(Index.Find(question, 2));

    [Fact]
    public void A_question_with_a_title_gets_the_whole_section()
    {
        var index = new DocsIndex(
            MarkdownPassages.Split(
                "a.md", "# SseKit\n\nIntro.\n\n## Event stores\n\nOne.\n\n- Two.\n- Three.\n\n## Other\n\nEvent stores cost memory.\n"));

        Assert.Equal(["One.", "- Two.", "- Three."], index.Find("Which event stores are there?", 1).Select(static passage => passage.Text));
    }

    [Fact]
    public void An_empty_index_finds_nothing() => Assert.Empty(new DocsIndex([]).Find("heartbeats", 2));

    private static Passage Passage(string title, string text) => new("README.md", [title], text);
}
