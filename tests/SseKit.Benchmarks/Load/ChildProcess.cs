using System.Diagnostics;

namespace SseKit.Benchmarks.Load;

/// <summary>This program as another process, which reads a line and answers with a line.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    public ChildProcess(params string[] arguments)
    {
        string host = Environment.ProcessPath!;

        // Started as "dotnet SseKit.Benchmarks.dll", the process is the host and the program an argument.
        bool hosted = Path.GetFileNameWithoutExtension(host) == "dotnet";
        string[] program = hosted ? [typeof(ChildProcess).Assembly.Location] : [];
        _process = Process.Start(new ProcessStartInfo(host, [.. program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public async Task<string[]> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        return await AnswerAsync();
    }

    public async Task<string[]> AnswerAsync()
    {
        string answer = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The other process has ended without an answer.");
        return answer.Split(' ');
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
