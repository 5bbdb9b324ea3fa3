namespace SseKit.Connections;

/// <summary>At most <paramref name="Max"/> connections at once that share a key. One object per convention, which scopes its keys.</summary>
internal sealed record SseConnectionLimit(int Max)
{
    public bool Equals(SseConnectionLimit? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
