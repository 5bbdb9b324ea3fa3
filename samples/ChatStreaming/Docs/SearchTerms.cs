using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>Turns text into the terms that are compared: lower case, without the words that every sentence has, without endings.</summary>
internal static partial class SearchTerms
{
    private static readonly HashSet<string> StopWords = new(
        """
        a about all am an and any are as at be been but by can could did do does doing don for from get give had has have how i if in into
        is it its just let like make may me mean more most much my need no not now of on one only or other our out over please say show so
        some tell than that the their them then there these they this those to too up us use used using very want was way we were what
        when where which while who why will with without work would you your
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.Ordinal);

    public static IEnumerable<string> In(string text)
    {
        foreach (Match match in Word().Matches(text))
        {
            string word = Normalise(match.Value);
            if (!StopWords.Contains(match.Value.ToLowerInvariant()))
            {
                yield return word;
            }

            // LastEventId is found by "last event id" too.
            MatchCollection parts = Part().Matches(match.Value);
            for (int i = 0; parts.Count > 1 && i < parts.Count; i++)
            {
                string part = Normalise(parts[i].Value);
                if (part.Length > 1 && !StopWords.Contains(part))
                {
                    yield return part;
                }
            }
        }
    }

    private static string Normalise(string word)
    {
        string term = word.ToLowerInvariant();
        return term switch
        {
            { Length: > 5 } when term.EndsWith("ies", StringComparison.Ordinal) => term[..^3] + "y",
            { Length: > 6 } when term.EndsWith("ing", StringComparison.Ordinal) => term[..^3],
            { Length: > 5 } when term.EndsWith("ed", StringComparison.Ordinal) => term[..^2],
            { Length: > 3 } when term.EndsWith('s') && !term.EndsWith("ss", StringComparison.Ordinal) => term[..^1],
            _ => term,
        };
    }

    [GeneratedRegex(@"[\p{L}\p{N}]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+")]
    private static partial Regex Part();
}
