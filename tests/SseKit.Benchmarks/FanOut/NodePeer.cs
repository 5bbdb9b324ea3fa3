using System.Diagnostics;
using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.FanOut;

/// <summary>
/// A server of another library, by Node, in its own process. It writes its port to its output. Each line of its input is an event's data.
/// </summary>
internal sealed class NodePeer : PeerServer
{
    private readonly Process _process;

    private NodePeer(string name, Process process)
        : base(
            name, int.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{name} has ended without a port.")))
    {
        _process = process;
    }

    /// <summary>Installs a library and starts its server.</summary>
    /// <returns>Null, with a message on the console, if Node or npm is missing or the library cannot be installed.</returns>
    public static NodePeer? Start(string name)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Peers");
        try
        {
            using Process? install = Directory.Exists(Path.Combine(folder, "node_modules", name)) ? null : Run("npm", "ci", folder);
            install?.StandardOutput.ReadToEnd();
            install?.WaitForExit();
            if (install is null or { ExitCode: 0 })
            {
                return new NodePeer(name, Run("node", $"{name}.mjs", folder));
            }

            Console.WriteLine($"npm failed to install {name}; it is not measured.\n");
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Console.WriteLine($"{missing.Message} {name} is not measured.\n");
        }

        return null;
    }

    public override Task PublishAsync(string data) => _process.StandardInput.WriteLineAsync(data);

    public override ProcessUse Use()
    {
        _process.Refresh();
        return new ProcessUse(_process.TotalProcessorTime, 0);
    }

    public override void Dispose()
    {
        // The server ends at the end of its input.
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Process Run(string program, string argument, string folder)
    {
        var process = Process.Start(new ProcessStartInfo(program, argument)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        process.StandardInput.AutoFlush = true;
        return process;
    }
}
