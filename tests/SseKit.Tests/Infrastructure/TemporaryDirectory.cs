namespace SseKit.Tests.Infrastructure;

/// <summary>A directory for one test, which deletes it.</summary>
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
