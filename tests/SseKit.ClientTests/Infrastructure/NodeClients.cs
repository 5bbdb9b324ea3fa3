using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// The folder with the clients for Node and the scripts that run them. The packages of its lock file are installed once, when the tests are
/// discovered, and again when the lock file changes.
/// </summary>
internal static class NodeClients
{
    private static readonly string Folder = Path.GetFullPath(
        typeof(NodeClients).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "Clients").Value!);

    private static readonly Lazy<string?> Fault = new(Install);

    /// <summary>
    /// The reason why tests that need the clients are skipped; null if they run. If all tools are required, they run and fail.
    /// </summary>
    /// <remarks>It installs the packages, so that no test meets a folder without them or has to wait for them.</remarks>
    public static string? ReasonToSkip =>
        Fault.Value is { } fault && Environment.GetEnvironmentVariable("SSEKIT_REQUIRE_TOOLS") != "1" ? fault : null;

    /// <summary>The path of a file in the folder of the clients.</summary>
    public static string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>The path of a file of an installed package.</summary>
    public static string PathInPackages(string file)
    {
        Assert.Null(Fault.Value);
        return PathOf("node_modules/" + file);
    }

    /// <summary>Runs a script to its end.</summary>
    public static async Task<ClientReport> RunAsync(string script, Uri address, params string[] arguments)
    {
        using Process process = Start(script, address, arguments);
        process.StandardInput.Close();
        return await ReportAsync(process);
    }

    /// <summary>Runs a script with standard input.</summary>
    public static async Task<ClientReport> RunWithInputAsync(string script, byte[] input)
    {
        using Process process = Start(script, null, []);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        return await ReportAsync(process);
    }

    private static Process Start(string script, Uri? address, string[] arguments)
    {
        Assert.Null(Fault.Value);
        string[] all = [script + ".mjs", .. address is null ? [] : (string[])[address.ToString()], .. arguments];
        return Process.Start(new ProcessStartInfo(InstalledProgram.PathOf("node"), all)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static async Task<ClientReport> ReportAsync(Process process)
    {
        try
        {
            Task<string> complaints = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(3));
            return ClientReport.Parse(output, await complaints);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    // Null if everything is installed, otherwise the reason.
    private static string? Install()
    {
        if (InstalledProgram.Find("node") is null || InstalledProgram.Find("npm") is not { } npm)
        {
            return "node and npm are not installed.";
        }

        // Two builds may run at the same time.
        using FileStream turn = WaitForTurn();
        string stamp = Path.Combine(Folder, "node_modules", ".installed-lock");
        string wanted = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, "package-lock.json"))));
        if (File.Exists(stamp) && File.ReadAllText(stamp) == wanted)
        {
            return null;
        }

        using var process = Process.Start(new ProcessStartInfo(npm, ["ci"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            return $"npm ci failed: {complaints.Result}";
        }

        File.WriteAllText(stamp, wanted);
        return null;
    }

    private static FileStream WaitForTurn()
    {
        string path = Path.Combine(Folder, ".installing");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(200);
            }
        }
    }
}
