using System.Text;
using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>
/// An instruction to the demo model, in place of a question: <c>/long N</c>, <c>/silent 20s</c>, <c>/fail</c>, <c>/cut</c>.
/// </summary>
/// <param name="Text">The text that it writes. Its numbers show that no event is lost or duplicated.</param>
/// <param name="Silence">How long it then pauses.</param>
/// <param name="Afterwards">The text after the pause.</param>
/// <param name="End">How the answer ends.</param>
internal sealed partial record Directive(string Text, TimeSpan Silence, string Afterwards, DirectiveEnd End)
{
    private const int MaxNumbers = 5_000;
    private const int MaxSilenceSeconds = 600;
    private const int NumbersInLine = 25;

    /// <summary>Reads a question as a directive. Null for an ordinary question.</summary>
    public static Directive? In(string question)
    {
        Match match = Form().Match(question);
        if (!match.Success)
        {
            return null;
        }

        int number = int.TryParse(match.Groups["number"].ValueSpan, out int parsed) ? parsed : 0;
        return match.Groups["name"].Value.ToLowerInvariant() switch
        {
            "long" => new(Numbers(Math.Clamp(number, 1, MaxNumbers)), TimeSpan.Zero, "", DirectiveEnd.Good),
            "silent" => Silent(Math.Clamp(number, 1, MaxSilenceSeconds)),
            "fail" => new("This answer fails after these words,", TimeSpan.Zero, "", DirectiveEnd.Failure),
            _ => new("This answer is cut off in the middle of a", TimeSpan.Zero, "", DirectiveEnd.Cut),
        };
    }

    private static Directive Silent(int seconds) => new(
        $"The model now pauses for {seconds} seconds, longer than some proxies wait.",
        TimeSpan.FromSeconds(seconds),
        $"\n\nThose were {seconds} seconds. If the connection was cut meanwhile, the page reconnected.",
        DirectiveEnd.Good);

    private static string Numbers(int count)
    {
        var text = new StringBuilder(
            $"The numbers from 1 to {count}. Reload the page at any time: no number is missing or repeated.");
        for (int i = 1; i <= count; i++)
        {
            text.Append(i % NumbersInLine == 1 ? "\n\n" : " ").Append(i);
        }

        return text.ToString();
    }

    [GeneratedRegex(
        @"\A\s*/(?:(?<name>long)\s+(?<number>\d{1,6})|(?<name>silent)\s+(?<number>\d{1,4})\s*s?|(?<name>fail|cut))\s*\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
