namespace SseKit.Tests.Documentation;

/// <summary>The scripts and pages of the recipes are parts of files that browser tests run.</summary>
public sealed class DocumentedPageTests
{
    private static readonly string[] Files =
        [.. RepositoryFiles.Find("samples/Recipes/wwwroot", ".js", ".html").Select(RepositoryFiles.Read)];

    public static TheoryData<string> Documents =>
    [
        "src/docs/recipes/datastar.md", "src/docs/recipes/htmx.md", "src/docs/recipes/many-tabs.md", "src/docs/recipes/react.md",
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_block_of_a_recipe_is_part_of_a_tested_file(string document)
    {
        string[] blocks = [.. MarkdownDocument.Read(document).CodeBlocks
            .Where(block => block.Language is "javascript" or "html").Select(block => string.Join('\n', block.Lines) + "\n")];

        Assert.NotEmpty(blocks);
        Assert.DoesNotContain(blocks, block => !Files.Any(file => file.Contains(block, StringComparison.Ordinal)));
    }
}
