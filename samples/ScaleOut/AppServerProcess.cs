using System.Diagnostics;

namespace ScaleOut;

/// <summary>One app server, a process of its own.</summary>
/// <param name="name">Its name.</param>
/// <param name="store">The store that it uses.</param>
/// <param name="changed">Called when it has started or ended.</param>
internal sealed class AppServerProcess(string name, StoreServer store, Func<Task> changed)
{
    private Process? _process;
    private Task _watch = Task.CompletedTask;

    public string Name => name;

    /// <summary>The address at which it serves; null if it does not run.</summary>
    public string? Address { get; private set; }

    public async Task StartAsync()
    {
        if (_process is { HasExited: false })
        {
            return;
        }

        // "dotnet run" and "dotnet ScaleOut.dll" start different programs.
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(AppServerProcess).Assembly.Location]
            : [];
        Process process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!, [.. program, "--server", name, "--store", store.Kind, "--connection", store.Connection])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _process = process;
        Address = await process.StandardOutput.ReadLineAsync();
        await changed();
        _watch = WatchAsync(process);
    }

    /// <summary>Ends it as a crash would.</summary>
    public void Kill() => _process?.Kill();

    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            await _watch;
        }
    }

    private async Task WatchAsync(Process process)
    {
        await process.WaitForExitAsync();
        if (process == _process)
        {
            Address = null;
            await changed();
        }
    }
}
