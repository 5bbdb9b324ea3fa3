namespace SseKit.Tests.Documentation;

/// <summary>The C# of the documents is in code that is compiled, line by line.</summary>
public sealed class DocumentedCodeTests
{
    // Programs outside of this project, and the files here that exist for the documents.
    private static readonly Lazy<HashSet<string>> Compiled = new(() =>
    [
        .. RepositoryFiles.Find("samples", ".cs", ".razor", ".cshtml")
            .Concat(RepositoryFiles.Find("tests/PackageConsumer", ".cs"))
            .Concat(RepositoryFiles.Find("tests/SseKit.Tests/Documentation", ".cs").Where(path => path.Contains("/Documented")))
            .Append("tests/SseKit.BrowserTests/Samples/DocumentedTesting.cs")
            .SelectMany(path => RepositoryFiles.Read(path).Split('\n')).Select(line => line.Trim()),
    ]);

    // Pages of documentation, and those of the packages.
    public static TheoryData<string> Documents =>
    [
        .. RepositoryFiles.Find("src", ".md").Where(
            path => path.StartsWith("src/docs/", StringComparison.Ordinal) || path.EndsWith("/README.md", StringComparison.Ordinal)),
        "README.md",
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_line_of_a_document_is_compiled(string document)
    {
        IEnumerable<string> lines = MarkdownDocument.Read(document).CodeBlocks
            .Where(block => block.Language is "csharp" or "cs" or "c#" or "razor" or "cshtml").SelectMany(block => block.Lines);

        Assert.DoesNotContain(lines.Select(line => line.Trim()), line => !Compiled.Value.Contains(line) && !IsOutline(line));
    }

    [Fact]
    public void README_shows_the_sample_Hello()
    {
        IEnumerable<string> shown = MarkdownDocument.Read("README.md").CodeBlocks.First(block => block.Language == "csharp").Lines;

        Assert.Equal(RepositoryFiles.Read("samples/Hello/Program.cs").Trim().Split('\n'), shown);
    }

    // A comment, or a line that stands for code of the reader.
    private static bool IsOutline(string line) => line.StartsWith("//", StringComparison.Ordinal) || line.Contains('…');
}
