namespace SseKit.PostgreSql;

/// <summary>A list of topics that equals another one with the same names in the same order.</summary>
internal readonly struct TopicNames(IReadOnlyList<string> names) : IEquatable<TopicNames>
{
    public IReadOnlyList<string> Names { get; } = names;

    public bool Equals(TopicNames other) => Names.SequenceEqual(other.Names, StringComparer.Ordinal);

    public override bool Equals(object? obj) => obj is TopicNames other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (string name in Names)
        {
            hash.Add(name, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }
}
