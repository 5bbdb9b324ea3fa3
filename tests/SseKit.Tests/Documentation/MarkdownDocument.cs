using System.Text;
using System.Text.RegularExpressions;

namespace SseKit.Tests.Documentation;

/// <summary>The parts of a Markdown file that tests compare: code blocks, headings, links and tables.</summary>
internal sealed partial class MarkdownDocument
{
    private readonly List<CodeBlock> _blocks = [];
    private readonly List<string> _prose = [];

    private MarkdownDocument(string path, string text)
    {
        Path = path;
        List<string>? block = null;
        foreach (string line in text.Split('\n'))
        {
            if (!line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                (block ?? _prose).Add(line);
            }
            else if (block is null)
            {
                block = [];
                _blocks.Add(new CodeBlock(line.Trim()[3..].Trim(), block));
            }
            else
            {
                block = null;
            }
        }
    }

    public string Path { get; }

    public IReadOnlyList<CodeBlock> CodeBlocks => _blocks;

    /// <summary>The lines outside of code blocks.</summary>
    public IReadOnlyList<string> Prose => _prose;

    public IEnumerable<string> Links =>
        _prose.SelectMany(line => Link().Matches(InlineCode().Replace(line, "`code`"))).Select(match => match.Groups[1].Value);

    /// <summary>The names by which links point to headings, as GitHub makes them.</summary>
    public IReadOnlyCollection<string> Anchors
    {
        get
        {
            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            var anchors = new HashSet<string>(StringComparer.Ordinal);
            foreach (string heading in _prose.Select(line => Heading().Match(line)).Where(match => match.Success).Select(TitleOf))
            {
                string anchor = AnchorOf(heading);
                int earlier = counts.GetValueOrDefault(anchor);
                counts[anchor] = earlier + 1;
                anchors.Add(earlier == 0 ? anchor : $"{anchor}-{earlier}");
            }

            return anchors;
        }
    }

    public static MarkdownDocument Read(string path) => new(path, RepositoryFiles.Read(path));

    public static (int Level, string Title)? HeadingOf(string line) =>
        Heading().Match(line) is { Success: true } match ? (match.Groups[1].Length, TitleOf(match)) : null;

    /// <summary>The cells of a table's row, or null if the line is none.</summary>
    public static string[]? CellsOf(string line) =>
        line.StartsWith('|') ? [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())] : null;

    private static string TitleOf(Match heading) => heading.Groups[2].Value.Trim();

    private static string AnchorOf(string heading)
    {
        var anchor = new StringBuilder();
        foreach (char each in LinkTarget().Replace(heading, "$1").ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(each) || each is '-' or '_')
            {
                anchor.Append(each);
            }
            else if (each == ' ')
            {
                anchor.Append('-');
            }
        }

        return anchor.ToString();
    }

    [GeneratedRegex(@"^(#{1,6}) (.+)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(<?([^)\s>]+)>?(?: ""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkTarget();

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex InlineCode();

    internal sealed record CodeBlock(string Language, IReadOnlyList<string> Lines);
}
