using ChatStreaming.Docs;

namespace ChatStreaming.Tests.Docs;

public sealed class MarkdownPassagesTests
{
    [Fact]
    public void A_heading_begins_a_passage_with_its_headings()
    {
        IReadOnlyList<Passage> passages = MarkdownPassages.Split(
            "README.md", "# SseKit\n\nIntro.\n\n## Streams\n\n### Heartbeats ##\n\nIn silence.\n\n## Topics\n\nNews.\n");

        Assert.Equal(
            ["README.md › SseKit", "README.md › Streams › Heartbeats", "README.md › Topics"],
            passages.Select(static passage => passage.Origin));
        Assert.Equal(["Intro.", "In silence.", "News."], passages.Select(static passage => passage.Text));
    }

    [Fact]
    public void Code_blocks_have_no_headings_or_paragraph_ends()
    {
        const string Code = "```bash\n# a comment\n\ncurl -N http://localhost\n```";

        Passage passage = Assert.Single(MarkdownPassages.Split("a.md", $"# Try it\n\n{Code}\n"));

        Assert.Equal(Code, passage.Text);
    }

    [Fact]
    public void A_code_block_stays_with_the_paragraph_above_it()
    {
        IReadOnlyList<Passage> passages = MarkdownPassages.Split("a.md", "# A\n\nRun this:\n\n```\nx\n```\n\nOr not.\n");

        Assert.Equal(["Run this:\n\n```\nx\n```", "Or not."], passages.Select(static passage => passage.Text));
    }

    [Fact]
    public void Each_item_of_a_list_is_a_passage()
    {
        IReadOnlyList<Passage> passages = MarkdownPassages.Split("a.md", "# A\n\n- one\n  goes on\n- two\n\n1. three\n");

        Assert.Equal(["- one\n  goes on", "- two", "1. three"], passages.Select(static passage => passage.Text));
        Assert.Equal(passages[0].Block, passages[1].Block);
        Assert.NotEqual(passages[1].Block, passages[2].Block);
    }

    [Fact]
    public void Each_row_of_a_table_is_a_passage()
    {
        IReadOnlyList<Passage> passages = MarkdownPassages.Split("a.md", "# A\n\n| a | b |\n| --- | :-: |\n| 1 | 2 |\n| 3 | 4 |\n");

        Assert.Equal(["| 1 | 2 |", "| 3 | 4 |"], passages.Select(static passage => passage.Text));
        Assert.All(passages, static passage => Assert.Equal("| a | b |\n| --- | :-: |", passage.Lead));
    }

    [Fact]
    public void Badges_images_comments_and_raw_markup_are_left_out()
    {
        Passage passage = Assert.Single(MarkdownPassages.Split(
            "a.md",
            "# A\n\n[![build](b.svg)](https://example.com)\n\n<p align=\"center\">\n\n<!-- a\nnote -->\n![shot](a.png)\n\n"
            + "Text.\n\n---\n"));

        Assert.Equal("Text.", passage.Text);
    }

    [Fact]
    public void Lines_may_end_with_CRLF()
    {
        Passage passage = Assert.Single(MarkdownPassages.Split("a.md", "# A\r\n\r\nText.\r\n\r\n```\r\ncode\r\n```\r\n"));

        Assert.Equal("Text.\n\n```\ncode\n```", passage.Text);
    }
}
