using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace ChatStreaming.Tests.Processes;

/// <summary>The sample in its own process, which a test can kill and restart.</summary>
internal sealed class ChatProcess : IAsyncDisposable
{
    private const string ReadyText = "Application started.";

    private readonly string _events;
    private readonly string[] _settings;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private ChatProcess(int port, string events, string[] settings)
    {
        Address = new Uri($"http://127.0.0.1:{port}/");
        _events = events;
        _settings = settings;
    }

    public Uri Address { get; }

    /// <summary>Starts the sample.</summary>
    /// <param name="events">The folder of its events, which is kept.</param>
    /// <param name="settings">Configuration, as on the command line.</param>
    public static async Task<ChatProcess> StartAsync(string events, params string[] settings)
    {
        var process = new ChatProcess(LoopbackPort.Take(), events, settings);
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

    /// <summary>Restarts it on the same port, with the same events.</summary>
    public async Task StartAsync()
    {
        string sample = typeof(ChatProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
            static item => item.Key == "Sample").Value!;
        ProcessStartInfo start = DotnetProgram.Named(
            "ChatStreaming.dll",
            [
                "--contentRoot", sample, "--urls", Address.ToString(), "--environment", "Production",
                "--hostBuilder:reloadConfigOnChange", "false", "--Events:Directory", _events, .. _settings,
            ]);
        start.RedirectStandardError = true;
        var process = new Process { StartInfo = start };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => OnOutput(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The sample has exited. Its output:\n{_output}"));
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
