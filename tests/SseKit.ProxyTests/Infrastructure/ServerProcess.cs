using System.Diagnostics;
using System.Text;

namespace SseKit.ProxyTests.Infrastructure;

/// <summary>A server process that logs when it is ready, and ends with the test.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _readyText;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process, string readyText)
    {
        _process = process;
        _readyText = readyText;
    }

    public static async Task<ServerProcess> StartAsync(string program, string folder, IEnumerable<string> arguments, string readyText)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(InstalledProgram.PathOf(program), arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                // The server's files are deleted after the test.
                WorkingDirectory = folder,
                Environment = { ["HOME"] = folder },
            },
        };
        var server = new ServerProcess(process, readyText);
        server.Start();
        try
        {
            await server._ready.Task.OrTimeout();
            return server;
        }
        catch (Exception exception)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{program} did not get ready. Its output:\n{server._output}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().OrTimeout();
        _process.Dispose();
    }

    private void Start()
    {
        _process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        _process.ErrorDataReceived += (_, line) => OnOutput(line.Data);
        _process.EnableRaisingEvents = true;
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("The server has exited."));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void OnOutput(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line is not null && line.Contains(_readyText, StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
