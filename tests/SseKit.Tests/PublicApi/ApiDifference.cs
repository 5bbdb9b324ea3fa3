namespace SseKit.Tests.PublicApi;

/// <summary>The lines by which two surfaces differ, below the type that they belong to.</summary>
internal static class ApiDifference
{
    public static IEnumerable<string> Between(string accepted, string actual)
    {
        (string Type, string Line)[] before = [.. Lines(accepted)];
        (string Type, string Line)[] after = [.. Lines(actual)];
        IEnumerable<(string Type, string Shown)> gone = before.Except(after).Select(line => (line.Type, "- " + line.Line));
        IEnumerable<(string Type, string Shown)> come = after.Except(before).Select(line => (line.Type, "+ " + line.Line));
        return gone.Concat(come)
            .GroupBy(line => line.Type)
            .SelectMany(type => type.Select(line => line.Shown).Prepend("  " + type.Key));
    }

    private static IEnumerable<(string Type, string Line)> Lines(string text)
    {
        string type = "";
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("public ", StringComparison.Ordinal))
            {
                type = line;
            }

            if (line.Length > 1)
            {
                yield return (type, line);
            }
        }
    }
}
