namespace SseKit.Tests.Architecture;

/// <summary>A type or a method, and the folders of the source files it stands in. None for code of other assemblies.</summary>
internal sealed record CodePlace(string Name, IReadOnlyList<string> Folders)
{
    public override string ToString() => Folders.Count == 0 ? Name : $"{string.Join('+', Folders)}/{Name}";
}
