using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace SseKit.BrowserTests.Samples;

/// <summary>The unchanged sample of two servers, a process with processes of its own.</summary>
internal sealed class ScaleOutApp : IAsyncDisposable
{
    private const int SigTerm = 15;

    // A busy machine takes long to create the files of a database.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private ScaleOutApp(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<ScaleOutApp> StartAsync(string store)
    {
        int port = LoopbackPort.Take();
        string folder = typeof(ScaleOutApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(each => each.Key == "ScaleOut").Value!;
        ProcessStartInfo program = DotnetProgram.Named(
            "ScaleOut.dll", "--store", store, "--urls", $"http://127.0.0.1:{port}", "--contentRoot", folder);
        var app = new ScaleOutApp(Process.Start(program)!, new Uri($"http://127.0.0.1:{port}"));

        // It listens when both servers do.
        while (await app._process.StandardOutput.ReadLineAsync().WaitAsync(StartLimit) is { } line)
        {
            if (line.Contains("Application started", StringComparison.Ordinal))
            {
                _ = app._process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return app;
            }
        }

        throw new InvalidOperationException("The sample has ended.");
    }

    /// <summary>Stops the sample as a terminal does, and with it its servers and its store.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = Kill(_process.Id, SigTerm);
        await _process.WaitForExitAsync().OrTimeout();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
