using System.Text.RegularExpressions;

namespace ChatStreaming.Docs;

/// <summary>Turns text into the terms that are compared: lower case, without the words that every sentence has, without endings.</summary>
internal static partial class SearchTerms
{
    private static readonly HashSet<string> StopWords = new(
        """
        a about all am an and any are as ask at back be been but by can configure continue continues could did do does doing don existing
        explain for from get give had happen happens has have how i if in into is it its just let like make may me mean more most much my
        need no not now of on one only or other our out over per please say should show so some something support supported supports tell
        than that the their them then there these they this those to too up us use used using very want was way we were what when where
        which while who why will with without work works would you your
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.Ordinal);

    // Words of questions, each with the word of the docs for the same.
    private static readonly ILookup<string, string> Synonyms =
        """
        apache proxy; broadcast publish; buffer hold; database transaction; delay late; docker container; duplicate twice; host shutdown;
        install package; jwt bearer; kick disconnect; kubernetes container; llm model; login sign; logout sign; lost missing; maximum limit;
        nginx proxy; number limit; persist store; ping heartbeat; receive follow; reconnect resume; refresh reload; reload f5; send publish;
        slow late; stop shutdown; token ticket
        """.Split(';').Select(static pair => pair.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        .ToLookup(static pair => WithoutEnding(pair[0]), static pair => WithoutEnding(pair[1]), StringComparer.Ordinal);

    /// <summary>The terms of a question, each with those that mean the same in the docs.</summary>
    public static IEnumerable<string[]> WithSynonyms(string question) =>
        In(question).Distinct().Select(static term => (string[])[term, .. Synonyms[term]]);

    public static IEnumerable<string> In(string text)
    {
        foreach (Match word in Word().Matches(text))
        {
            // "last event id" also finds LastEventId.
            MatchCollection parts = Part().Matches(word.Value);
            IEnumerable<string> words = parts.Count > 1 ? [word.Value, .. parts.Select(static part => part.Value)] : [word.Value];
            foreach (string candidate in words.Select(static value => value.ToLowerInvariant()))
            {
                if (candidate is not [>= '0' and <= '9'] && !StopWords.Contains(candidate))
                {
                    yield return WithoutEnding(candidate);
                }
            }
        }
    }

    // Simple, and the same for the question and the docs: writes, writing and write all become writ.
    private static string WithoutEnding(string word) => word switch
    {
        { Length: > 7 } when word.EndsWith("ment", StringComparison.Ordinal) => word[..^4],
        { Length: > 5 } when word.EndsWith("ing", StringComparison.Ordinal) => WithoutDouble(word[..^3]),
        { Length: > 4 } when word.EndsWith("ed", StringComparison.Ordinal) => WithoutDouble(word[..^2]),
        { Length: > 4 } when word.EndsWith("ies", StringComparison.Ordinal) => word[..^3] + "y",
        { Length: > 4 } when word.EndsWith("es", StringComparison.Ordinal) => word[..^2],
        { Length: > 3 } when word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) => word[..^1],
        { Length: > 4 } when word.EndsWith('e') => word[..^1],
        _ => word,
    };

    private static string WithoutDouble(string stem) =>
        stem.Length > 3 && stem[^1] == stem[^2] && stem[^1] is not ('l' or 's') ? stem[..^1] : stem;

    [GeneratedRegex(@"[\p{L}\p{N}]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+")]
    private static partial Regex Part();
}
