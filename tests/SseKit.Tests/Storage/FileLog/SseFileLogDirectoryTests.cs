using System.Text.RegularExpressions;
using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

public sealed partial class SseFileLogDirectoryTests : FileLogTest
{
    [Fact]
    public void One_store_at_a_time_uses_a_directory()
    {
        Open();

        var exception = Assert.Throws<IOException>(() => Open());

        Assert.Contains(DirectoryPath, exception.Message);
        Assert.Contains("in use", exception.Message);
    }

    [Fact]
    public async Task A_directory_is_free_when_its_store_is_closed()
    {
        SseFileEventStore store = Open();
        await store.DisposeAsync();

        Open();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await AppendAsync(store, "topic", "a"));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_used_is_named()
    {
        string file = Path.Combine(DirectoryPath, "file");
        await File.WriteAllTextAsync(file, "not a directory");

        var exception = Assert.Throws<IOException>(() => Open(directory: file));

        Assert.Contains(file, exception.Message);
    }

    [Fact]
    public async Task Names_of_topics_are_no_names_of_files()
    {
        string inner = Path.Combine(DirectoryPath, "inner");
        string[] names = ["../../../etc/passwd", "..", "/tmp/x", "a/b", "C:\\x", "con", "\0", new('.', 256), "ssekit.lock", "000000000001-0.log"];
        SseFileEventStore store = Open(SmallFiles, inner);

        foreach (string name in names)
        {
            await AppendAsync(store, name, new string('x', 500), key: name);
        }

        Assert.Equal([inner], Directory.EnumerateFileSystemEntries(DirectoryPath));
        Assert.All(Directory.EnumerateFileSystemEntries(inner), path => Assert.Matches(OwnFiles, Path.GetFileName(path)));
    }

    [Fact]
    public async Task Files_of_others_are_left_alone()
    {
        string[] others = ["app.log", "1.log", "000000000001.log", "notes.new", "x-0.log"];
        foreach (string name in others)
        {
            await File.WriteAllTextAsync(Path.Combine(DirectoryPath, name), name);
        }

        SseFileEventStore store = Open();
        await AppendAsync(store, "topic", "a");

        Assert.All(others, name => Assert.Equal(name, File.ReadAllText(Path.Combine(DirectoryPath, name))));
    }

    [Fact]
    public async Task Ten_thousand_topics_share_a_file()
    {
        const int Topics = 10_000;
        SseFileEventStore store = Open();

        await Task.WhenAll(Enumerable.Range(0, Topics).Select(i => AppendAsync(store, $"topic {i}", $"first of {i}").AsTask()));
        await Task.WhenAll(Enumerable.Range(0, Topics).Select(i => AppendAsync(store, $"topic {i}", $"second of {i}").AsTask()));
        await store.DisposeAsync();

        Assert.Single(LogFiles());
        SseFileEventStore reopened = Open();
        for (int i = 0; i < Topics; i++)
        {
            Assert.Equal([$"first of {i}", $"second of {i}"], (await HeldAsync(reopened, $"topic {i}")).Select(Text));
        }
    }

    private static readonly Regex OwnFiles = MakeOwnFiles();

    [GeneratedRegex("^([0-9]{12}-[0-9]+\\.log|ssekit\\.lock)$")]
    private static partial Regex MakeOwnFiles();
}
