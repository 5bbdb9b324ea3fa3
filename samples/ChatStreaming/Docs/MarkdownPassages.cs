using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>Splits a Markdown file into passages, with the headings above each.</summary>
internal sealed partial class MarkdownPassages
{
    private readonly string _source;
    private readonly List<(int Level, string Text)> _headings = [];
    private readonly List<Passage> _passages = [];
    private readonly List<string> _block = [];
    private int _blocks;
    private bool _canTakeCode;

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
            // Inside a code block there are no headings, and a blank line ends no passage.
            if (fence is not null)
            {
                _block.Add(line);
                if (line.Trim() == fence)
                {
                    EndCode();
                    fence = null;
                }
            }
            else if (Fence().Match(line) is { Success: true } opening)
            {
                EndBlock();
                fence = opening.Groups[1].Value;
                _block.Add(line);
            }
            else if (Heading().Match(line) is { Success: true } heading)
            {
                EndBlock();
                Enter(heading.Groups[1].Length, heading.Groups[2].Value);
            }
            else if (line.Length == 0)
            {
                EndBlock();
            }
            else if (!Decoration().IsMatch(line))
            {
                _block.Add(line);
            }
        }

        EndBlock();
    }

    private void Enter(int level, string text)
    {
        _headings.RemoveAll(heading => heading.Level >= level);
        _headings.Add((level, text));
        _canTakeCode = false;
    }

    private void EndBlock()
    {
        if (_block.Count == 0)
        {
            return;
        }

        _blocks++;
        _canTakeCode = false;
        if (_block.Count > 2 && TableRule().IsMatch(_block[1]))
        {
            AddRows();
        }
        else if (Item().IsMatch(_block[0]))
        {
            AddItems();
        }
        else
        {
            Add(string.Join('\n', _block));
            _canTakeCode = true;
        }

        _block.Clear();
    }

    // A code block belongs to the paragraph above it.
    private void EndCode()
    {
        string code = string.Join('\n', _block);
        _block.Clear();
        if (_canTakeCode)
        {
            _passages[^1] = _passages[^1] with { Text = $"{_passages[^1].Text}\n\n{code}" };
        }
        else
        {
            _blocks++;
            Add(code);
            _canTakeCode = true;
        }
    }

    private void AddRows()
    {
        string head = $"{_block[0]}\n{_block[1]}";
        foreach (string row in _block.Skip(2))
        {
            Add(row, head);
        }
    }

    private void AddItems()
    {
        var item = new List<string>();
        foreach (string line in _block)
        {
            if (item.Count > 0 && Item().IsMatch(line))
            {
                Add(string.Join('\n', item));
                item.Clear();
            }

            item.Add(line);
        }

        Add(string.Join('\n', item));
    }

    private void Add(string text, string lead = "") =>
        _passages.Add(new Passage(_source, [.. _headings.Select(static heading => heading.Text)], text, _passages.Count, _blocks, lead));

    [GeneratedRegex(@"<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*(`{3,}|~{3,})")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^(#{1,6})\s+(.+?)(?:\s+#+)?$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^(?:[-*+]|\d+[.)])\s")]
    private static partial Regex Item();

    [GeneratedRegex(@"^\|[\s:|-]+\|$")]
    private static partial Regex TableRule();

    // Badges, images, rules and raw HTML are useless in an answer.
    [GeneratedRegex(@"^\s*(?:\[?!\[.*|</?\w[^>]*>.*|-{3,}|\*{3,})$")]
    private static partial Regex Decoration();
}
