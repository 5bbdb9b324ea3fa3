namespace ChatStreaming.Docs;

/// <summary>
/// Splits text about as a language model's tokenizer does: a space and a few letters. The joined pieces are the text.
/// </summary>
internal static class TokenPieces
{
    private const int MaxLetters = 6;

    public static IEnumerable<string> Of(string text)
    {
        int start = 0;
        while (start < text.Length)
        {
            int end = start;
            while (end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            int firstLetter = end;
            while (end < text.Length && end - firstLetter < MaxLetters && !char.IsWhiteSpace(text[end]))
            {
                // A surrogate pair is not split, because UTF-8 cannot encode half of one.
                end += char.IsSurrogatePair(text, end) ? 2 : 1;
            }

            yield return text[start..end];
            start = end;
        }
    }
}
