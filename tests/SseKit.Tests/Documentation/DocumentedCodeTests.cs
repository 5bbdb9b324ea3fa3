using System.Text.RegularExpressions;

namespace SseKit.Tests.Documentation;

/// <summary>The C# of the documents is in code that is compiled, line by line.</summary>
public sealed partial class DocumentedCodeTests
{
    [Theory]
    [InlineData("README.md", "Readme.cs")]
    [InlineData("openapi.md", "DocumentedOpenApi.cs")]
    [InlineData("testing.md", "DocumentedTesting.cs")]
    public void Each_line_of_a_document_is_compiled(string document, string code)
    {
        HashSet<string> compiled = [.. Read(code).Split('\n').Select(line => line.Trim())];

        string[] lines = [.. CSharpBlocks().Matches(Read(document)).SelectMany(block => block.Groups[1].Value.Split('\n'))];

        Assert.NotEmpty(lines);
        Assert.DoesNotContain(lines.Select(line => line.Trim()), line => !compiled.Contains(line) && !IsOutline(line));
    }

    // A line that stands for code of the reader, or of a package that the compiled code does not reference.
    private static bool IsOutline(string line) => line.Contains('…') || line.Contains("MapMcp") || line.Contains("AddJwtBearer");

    private static string Read(string name)
    {
        using Stream content = typeof(DocumentedCodeTests).Assembly.GetManifestResourceStream(name)
            ?? throw new ArgumentException($"{name} is not embedded.", nameof(name));
        return new StreamReader(content).ReadToEnd().ReplaceLineEndings("\n");
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlocks();
}
