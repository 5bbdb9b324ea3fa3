using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>A disk that is full, as the operating system says it.</summary>
public sealed class SseFileLogFullDiskTests : FileLogTest
{
    private string Disk => Path.Combine(DirectoryPath, "disk");

    public override async Task DisposeAsync()
    {
        Assert.True(TmpfsFactAttribute.Run("umount", "-l", Disk));
        await base.DisposeAsync();
    }

    [TmpfsFact]
    public async Task A_full_disk_fails_publishes_until_it_has_room_and_loses_nothing()
    {
        Logs.ExpectError(record => record.Id == SseFileLogEventIds.WriteFailed);
        Directory.CreateDirectory(Disk);
        Assert.True(TmpfsFactAttribute.Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", Disk));
        string ballast = Path.Combine(Disk, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[64 * 1024]);
        SseFileEventStore store = Open(directory: Path.Combine(Disk, "events"));

        int published = 0;
        IOException? failure = null;
        while (failure is null)
        {
            failure = await Record.ExceptionAsync(async () => await store.AppendAsync("topic", new byte[1000], null, null, default)) as IOException;
            published += failure is null ? 1 : 0;
        }

        Assert.Contains(Disk, failure.Message);
        Assert.Equal(published, (await HeldAsync(store, "topic")).Count);
        File.Delete(ballast);
        Time.Advance(TimeSpan.FromSeconds(1));
        SsePosition next = await AppendAsync(store, "topic", "next");

        Assert.Equal(published + 1, next.Sequence);
        await store.DisposeAsync();
        SseFileEventStore reopened = Open(directory: Path.Combine(Disk, "events"));
        Assert.Equal(next, (await StateAsync(reopened, "topic")).Latest);
        Assert.Equal(published + 1, (await HeldAsync(reopened, "topic")).Count);
        await reopened.DisposeAsync();
    }
}
