namespace SseKit.Tests.Architecture;

/// <summary>Code that references other code: calls it, derives from it, holds it, takes or returns it.</summary>
internal sealed record CodeReference(CodePlace From, CodePlace To)
{
    public override string ToString() => $"{From} references {To}";
}
