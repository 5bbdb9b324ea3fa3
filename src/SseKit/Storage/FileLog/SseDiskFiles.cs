using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SseKit.Storage.FileLog;

/// <summary>A directory on a disk. The names in it are the log's own: a topic's name is never one.</summary>
internal sealed class SseDiskFiles(string path) : ISseLogFiles
{
    private const string LockName = "ssekit.lock";
    private const string LinuxBoot = "/proc/sys/kernel/random/boot_id";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    // Where the system does not say, every process counts as a run of its own, which only means more caution.
    public Guid Boot { get; } = File.Exists(LinuxBoot) && Guid.TryParse(File.ReadAllText(LinuxBoot), out Guid boot) ? boot : Guid.NewGuid();

    public IDisposable Lock()
    {
        try
        {
            Directory.CreateDirectory(Path);
            return File.OpenHandle(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(PathOf(LockName)))
        {
            throw new IOException(
                $"The event store in '{Path}' is in use, by another process or another store of this one. One at a time can use a directory.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The event store cannot use the directory '{Path}': {exception.Message}", exception);
        }
    }

    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(Path).Select(each => System.IO.Path.GetFileName(each))];

    public ISseLogFile Create(string name) => Open(name, FileMode.CreateNew);

    public ISseLogFile Open(string name) => Open(name, FileMode.Open);

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string name) => File.Delete(PathOf(name));

    public void Flush()
    {
        // Windows has no call for it; NTFS keeps names in its own journal.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var directory = new SafeFileHandle(OpenDirectory(Encoding.UTF8.GetBytes(Path + '\0'), flags: 0), ownsHandle: true);
        if (directory.IsInvalid)
        {
            throw new IOException($"The directory '{Path}' cannot be opened.", new Win32Exception(Marshal.GetLastPInvokeError()));
        }

        RandomAccess.FlushToDisk(directory);
    }

    // Deleting and renaming must work while somebody reads, on Windows too.
    private SseDiskFile Open(string name, FileMode mode) =>
        new(File.OpenHandle(PathOf(name), mode, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));

    private string PathOf(string name) => System.IO.Path.Combine(Path, name);

    // The framework opens no directories. The flags are those of reading only.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int OpenDirectory(byte[] path, int flags);
}
