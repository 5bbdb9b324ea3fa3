using System.Text;
using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>What the demo model is told to do, in place of a question: <c>/long N</c>, <c>/silent 20s</c>, <c>/fail</c>, <c>/cut</c>.</summary>
/// <param name="Text">What it says. Its numbers show that nothing is lost and nothing comes twice.</param>
/// <param name="Silence">How long it then says nothing.</param>
/// <param name="Afterwards">What it says after the silence.</param>
/// <param name="End">How it ends.</param>
internal sealed partial record Directive(string Text, TimeSpan Silence, string Afterwards, DirectiveEnd End)
{
    private const int MaxNumbers = 5_000;
    private const int MaxSilenceSeconds = 600;
    private const int NumbersInLine = 25;

    /// <summary>The directive that a question is; null for an ordinary question.</summary>
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
        $"Now I say nothing for {seconds} seconds, longer than some proxies wait.",
        TimeSpan.FromSeconds(seconds),
        $"\n\nThose were {seconds} seconds. If the connection was cut meanwhile, the page took it up again.",
        DirectiveEnd.Good);

    private static string Numbers(int count)
    {
        var text = new StringBuilder($"The numbers from 1 to {count}. Reload the page as often as you like: none is missing, and none comes twice.");
        for (int i = 1; i <= count; i++)
        {
            text.Append(i % NumbersInLine == 1 ? "\n\n" : " ").Append(i);
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\A\s*/(?:(?<name>long)\s+(?<number>\d{1,6})|(?<name>silent)\s+(?<number>\d{1,4})\s*s?|(?<name>fail|cut))\s*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
