namespace SseKit.Tests.Documentation;

/// <summary>What holds for every Markdown file of the repository.</summary>
public sealed class DocumentTests
{
    private const int MaxReadmeLines = 110;

    public static TheoryData<string> Documents => [.. RepositoryFiles.Find(".", ".md"), .. RepositoryFiles.Find(".github", ".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Relative_links_and_anchors_of_a_document_resolve(string document)
    {
        MarkdownDocument markdown = MarkdownDocument.Read(document);

        Assert.DoesNotContain(markdown.Links, link => !IsElsewhere(link) && !Resolves(markdown, link));
    }

    [Fact]
    public void README_is_short()
    {
        Assert.InRange(RepositoryFiles.Read("README.md").TrimEnd().Split('\n').Length, 1, MaxReadmeLines);
    }

    [Fact]
    public void Each_page_is_in_the_index()
    {
        IEnumerable<string> pages = RepositoryFiles.Find("src/docs", ".md").Select(path => path["src/docs/".Length..])
            .Where(page => page != "README.md" && !page.StartsWith("recipes/", StringComparison.Ordinal));

        Assert.Empty(pages.Except(MarkdownDocument.Read("src/docs/README.md").Links));
    }

    // GitHub resolves the pages of its own beside the repository's files.
    private static bool IsElsewhere(string link) =>
        Uri.IsWellFormedUriString(link, UriKind.Absolute) || link.StartsWith("../../actions/", StringComparison.Ordinal);

    private static bool Resolves(MarkdownDocument document, string link)
    {
        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0
            ? document.Path
            : Path.GetRelativePath(RepositoryFiles.Root, Path.Combine(RepositoryFiles.Root, Path.GetDirectoryName(document.Path)!, parts[0]));
        return RepositoryFiles.Exists(target) && (parts.Length == 1 || MarkdownDocument.Read(target).Anchors.Contains(parts[1]));
    }
}
