namespace SseKit.Tests.Infrastructure;

/// <summary>A directory of a test's own. The test deletes it.</summary>
public sealed class TemporaryDirectory
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ssekit-").FullName;

    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
