namespace SseKit.Tests.Architecture;

/// <summary>A type or a method, and the folders of its source files. None for code of other assemblies.</summary>
internal sealed record CodePlace(string Name, IReadOnlyList<string> Folders)
{
    public override string ToString() => Folders.Count == 0 ? Name : $"{string.Join('+', Folders)}/{Name}";
}
