using ChatStreaming.Docs;

namespace ChatStreaming.Tests.Docs;

public sealed class MarkdownPassagesTests
{
    [Fact]
    public void A_heading_begins_a_passage_that_knows_where_it_is()
    {
        IReadOnlyList<Passage> passages = MarkdownPassages.Split("README.md", "# SseKit\n\nIntro.\n\n## Streams\n\n### Heartbeats ##\n\nIn silence.\n\n## Topics\n\nNews.\n");

        Assert.Equal(
            ["README.md › SseKit", "README.md › SseKit › Streams › Heartbeats", "README.md › SseKit › Topics"],
            passages.Select(static passage => passage.Origin));
        Assert.Equal(["Intro.", "In silence.", "News."], passages.Select(static passage => passage.Text));
    }

    [Fact]
    public void Nothing_inside_a_code_block_is_a_heading_or_the_end_of_a_paragraph()
    {
        const string Code = "```bash\n# a comment\n\ncurl -N http://localhost\n```";

        Passage passage = Assert.Single(MarkdownPassages.Split("a.md", $"# Try it\n\n{Code}\n"));

        Assert.Equal(Code, passage.Text);
    }

    [Fact]
    public void A_long_section_becomes_several_passages_under_the_same_heading()
    {
        string paragraph = new('x', 500);

        IReadOnlyList<Passage> passages = MarkdownPassages.Split("a.md", $"# Long\n\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n");

        Assert.Equal(3, passages.Count);
        Assert.All(passages, static passage => Assert.Equal("Long", passage.Title));
    }

    [Fact]
    public void Badges_images_comments_and_raw_markup_are_left_out()
    {
        Passage passage = Assert.Single(MarkdownPassages.Split(
            "a.md", "# A\n\n[![build](b.svg)](https://example.com)\n\n<p align=\"center\">\n\n<!-- a\nnote -->\n![shot](a.png)\n\nText.\n\n---\n"));

        Assert.Equal("Text.", passage.Text);
    }

    [Fact]
    public void Lines_may_end_as_they_do_on_Windows()
    {
        Passage passage = Assert.Single(MarkdownPassages.Split("a.md", "# A\r\n\r\n```\r\ncode\r\n```\r\n\r\nText.\r\n"));

        Assert.Equal("```\ncode\n```\n\nText.", passage.Text);
    }
}
