using System.Diagnostics;

namespace SseKit.Sqlite.Tests.Infrastructure;

/// <summary>A test that needs its own small disk in memory. If this process may not mount one, it is skipped with a reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TmpfsFactAttribute : FactAttribute
{
    private static readonly string? Reason = TryMount();

    public TmpfsFactAttribute() => Skip = Reason;

    public static bool Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static string? TryMount()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "Mounting a disk needs root on Linux.";
        }

        string path = Directory.CreateTempSubdirectory("ssekit-").FullName;
        bool mounted = Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) && Run("umount", path);
        Directory.Delete(path);
        return mounted ? null : "This process may not mount a disk.";
    }
}
