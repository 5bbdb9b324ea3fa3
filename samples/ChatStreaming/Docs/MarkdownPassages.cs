using System.Text;
using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>Splits a Markdown file into passages: at each heading, and inside a long section at blank lines.</summary>
internal sealed partial class MarkdownPassages
{
    // A passage is streamed at reading speed, so it must stay a screenful.
    private const int MaxLength = 900;

    private readonly string _source;
    private readonly List<(int Level, string Text)> _headings = [];
    private readonly List<Passage> _passages = [];
    private readonly StringBuilder _passage = new();
    private readonly StringBuilder _block = new();

    private MarkdownPassages(string source) => _source = source;

    public static IReadOnlyList<Passage> Split(string source, string markdown)
    {
        var splitter = new MarkdownPassages(source);
        splitter.Read(Comment().Replace(markdown, ""));
        return splitter._passages;
    }

    private void Read(string markdown)
    {
        string? fence = null;
        foreach (string line in markdown.Split('\n').Select(static line => line.TrimEnd()))
        {
            // Inside a code block nothing is a heading, and a blank line ends no paragraph.
            if (fence is not null)
            {
                _block.Append(line).Append('\n');
                fence = line.Trim() == fence ? null : fence;
            }
            else if (Fence().Match(line) is { Success: true } opening)
            {
                fence = opening.Groups[1].Value;
                _block.Append(line).Append('\n');
            }
            else if (Heading().Match(line) is { Success: true } heading)
            {
                EndPassage();
                Enter(heading.Groups[1].Length, heading.Groups[2].Value);
            }
            else if (line.Length == 0)
            {
                EndBlock();
            }
            else if (!Decoration().IsMatch(line))
            {
                _block.Append(line).Append('\n');
            }
        }

        EndPassage();
    }

    private void Enter(int level, string text)
    {
        _headings.RemoveAll(heading => heading.Level >= level);
        _headings.Add((level, text));
    }

    private void EndBlock()
    {
        if (_block.Length == 0)
        {
            return;
        }

        if (_passage.Length > 0 && _passage.Length + _block.Length > MaxLength)
        {
            AddPassage();
        }

        _passage.Append(_block).Append('\n');
        _block.Clear();
    }

    private void EndPassage()
    {
        EndBlock();
        AddPassage();
    }

    private void AddPassage()
    {
        if (_passage.Length > 0)
        {
            _passages.Add(new Passage(_source, [.. _headings.Select(static heading => heading.Text)], _passage.ToString().Trim('\n')));
            _passage.Clear();
        }
    }

    [GeneratedRegex(@"<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*(`{3,}|~{3,})")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^(#{1,6})\s+(.+?)(?:\s+#+)?$")]
    private static partial Regex Heading();

    // Badges, images, rules and raw HTML mean nothing in an answer.
    [GeneratedRegex(@"^\s*(?:\[?!\[.*|</?\w[^>]*>.*|-{3,}|\*{3,})$")]
    private static partial Regex Decoration();
}
