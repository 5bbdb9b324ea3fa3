using System.Text;

namespace ChatStreaming.Docs;

/// <summary>
/// Builds an answer from passages, as Markdown that names the source of each passage.
/// </summary>
internal sealed class DocsAnswer(DocsIndex index)
{
    private const int MaxPassages = 6;
    private const int MaxLength = 1_600; // A screenful: it is read as fast as it is written.
    private const int MaxSuggestions = 8;

    // "Explain at length …" gets the sections that follow as well, for about 20 seconds.
    private const string Long = "at length";
    private const int MaxLongLength = 3_500;

    private static readonly string[] Greetings =
    [
        "hello", "hi", "hey", "good morning", "good evening", "help", "test", "thanks", "thank you",
        "who are you", "what are you", "are you an ai", "what can you do", "what can i ask", "what can i ask you",
    ];

    public string To(string question)
    {
        if (IsGreeting(question))
        {
            return $"Hello! I am not an AI; I look passages up in SseKit's docs and stream them to you as a model would. {Suggestions()}";
        }

        bool isLong = question.Contains(Long, StringComparison.OrdinalIgnoreCase);
        IReadOnlyList<Passage> passages = isLong
            ? index.FindWithRest(question.Replace(Long, "", StringComparison.OrdinalIgnoreCase))
            : index.Find(question, MaxPassages);
        return passages.Count > 0
            ? Quote(passages, isLong ? MaxLongLength : MaxLength)
            : $"That is not in the docs. I am not an AI; I only look passages up in SseKit's docs. {Suggestions()}";
    }

    private static bool IsGreeting(string question)
    {
        string plain = string.Concat(question.Where(static c => char.IsLetter(c) || c == ' ')).Trim();
        return Greetings.Contains(plain, StringComparer.OrdinalIgnoreCase);
    }

    private static string Quote(IReadOnlyList<Passage> passages, int maxLength)
    {
        var answer = new StringBuilder("SseKit's docs say:");
        foreach (IGrouping<string, Passage> section in Shortened(passages, maxLength).GroupBy(static passage => passage.Origin))
        {
            answer.Append("\n\n### ").Append(section.First().Title);
            Passage? above = null;
            foreach (Passage passage in section.OrderBy(static passage => passage.Position))
            {
                bool isSameBlock = above?.Block == passage.Block;
                answer.Append(isSameBlock ? "\n" : passage.Lead.Length > 0 ? $"\n\n{passage.Lead}\n" : "\n\n").Append(passage.Text);
                above = passage;
            }

            answer.Append("\n\n*From ").Append(section.Key).Append('*');
        }

        return answer.ToString();
    }

    private static IEnumerable<Passage> Shortened(IReadOnlyList<Passage> passages, int maxLength)
    {
        int length = 0;
        return passages.TakeWhile((passage, index) => (length += passage.Text.Length) <= maxLength || index == 0);
    }

    // The titles of the pages say more than those of their sections.
    private string Suggestions()
    {
        IEnumerable<string> pages = index.Passages.Where(static passage => passage.Source.StartsWith("src/docs/", StringComparison.Ordinal))
            .Select(static passage => passage.Headings[0]);
        IEnumerable<string> sections = index.Passages.Where(static passage => passage.Headings.Count > 1)
            .Select(static passage => passage.Title);
        string[] titles = [.. pages.Concat(sections).Distinct().Take(MaxSuggestions)];
        return titles.Length == 0
            ? "This build carries no docs, so there is nothing to find."
            : "You could ask about one of these:\n\n" + string.Join('\n', titles.Select(static title => $"- {title}"));
    }
}
