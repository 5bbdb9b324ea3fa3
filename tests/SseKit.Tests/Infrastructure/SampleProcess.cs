using System.Diagnostics;
using System.Text;

namespace SseKit.Tests.Infrastructure;

/// <summary>A sample in its own process, which a test can kill and restart.</summary>
public sealed class SampleProcess : IAsyncDisposable
{
    private const string ReadyText = "Application started.";

    private readonly string _program;
    private readonly string[] _arguments;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private SampleProcess(string program, string[] settings)
    {
        Address = new Uri($"http://127.0.0.1:{LoopbackPort.Take()}/");
        _program = program;
        _arguments =
        [
            "--urls", Address.ToString(), "--environment", "Production", "--hostBuilder:reloadConfigOnChange", "false", .. settings,
        ];
    }

    public Uri Address { get; }

    /// <summary>What its processes have written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts the sample.</summary>
    /// <param name="program">Its file beside the tests.</param>
    /// <param name="settings">Configuration, as on the command line.</param>
    public static async Task<SampleProcess> StartAsync(string program, params string[] settings)
    {
        var process = new SampleProcess(program, settings);
        try
        {
            await process.StartAsync();
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Restarts it on the same port, with the same settings.</summary>
    public async Task StartAsync()
    {
        ProcessStartInfo start = DotnetProgram.Named(_program, _arguments);
        start.RedirectStandardError = true;
        var process = new Process { StartInfo = start };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => OnOutput(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The sample has exited. Its output:\n{Output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        await ready.Task.OrTimeout();

        void OnOutput(string? line)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }

            if (line?.Contains(ReadyText, StringComparison.Ordinal) == true)
            {
                ready.TrySetResult();
            }
        }
    }

    /// <summary>Sends SIGKILL: the process can neither send nor store anything.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().OrTimeout();
    }

    /// <summary>Sends SIGTERM, as a service manager does.</summary>
    /// <returns>The time until it ended.</returns>
    public async Task<TimeSpan> TerminateAsync()
    {
        long start = TimeProvider.System.GetTimestamp();
        using Process kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]);
        await _process.WaitForExitAsync().OrTimeout();
        return TimeProvider.System.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process!.Dispose();
    }
}
