namespace SseKit.Tests.Architecture;

/// <summary>
/// The direction of references: a folder may reference itself and those before it. Types and namespaces in <paramref name="reserved"/> may
/// be referenced from a folder on, and not before.
/// </summary>
internal sealed class LayerRules(IReadOnlyList<string> order, IReadOnlyDictionary<string, string> reserved)
{
    public IReadOnlyList<string> Violations(IEnumerable<CodeReference> references) =>
        [.. references.Where(IsForbidden).Select(reference => reference.ToString()).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Folders that are missing in the order.</summary>
    public IReadOnlyList<string> UnknownFolders(IEnumerable<CodeReference> references) =>
        [.. references.SelectMany(reference => reference.From.Folders.Concat(reference.To.Folders)).Distinct().Except(order)];

    // A part of a partial type may reference more than other parts. Code in several folders is therefore checked by the last of them as a
    // source, and by the first as a target.
    private bool IsForbidden(CodeReference reference)
    {
        if (reference.From.Folders.Count == 0)
        {
            return false;
        }

        int from = reference.From.Folders.Max(PlaceOf);
        return reference.To.Folders.Count > 0
            ? reference.To.Folders.Min(PlaceOf) > from
            : reserved.Any(entry => reference.To.Name.StartsWith(entry.Key, StringComparison.Ordinal) && PlaceOf(entry.Value) > from);
    }

    private int PlaceOf(string folder)
    {
        for (int place = 0; place < order.Count; place++)
        {
            if (order[place] == folder)
            {
                return place;
            }
        }

        return int.MaxValue;
    }
}
