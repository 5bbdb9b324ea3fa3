using System.Diagnostics;

namespace SseKit.ProxyTests.Infrastructure;

/// <summary>curl as used on streams by hand: headers and lines as they arrive.</summary>
internal sealed class CurlClient : IDisposable
{
    private readonly Process _process;

    private CurlClient(Process process) => _process = process;

    public static CurlClient Open(Uri address, params string[] arguments)
    {
        string[] common = ["--no-buffer", "--silent", "--show-error", "--include", "--noproxy", "*"];
        string[] all = [.. common, .. arguments, address.ToString()];
        return new CurlClient(Process.Start(new ProcessStartInfo(InstalledProgram.PathOf("curl"), all)
        {
            RedirectStandardOutput = true,
        })!);
    }

    /// <summary>Reads up to this line.</summary>
    public async Task ReadToLineAsync(string expected)
    {
        List<string> lines = [];
        while (await _process.StandardOutput.ReadLineAsync().OrTimeout() is { } line)
        {
            if (line == expected)
            {
                return;
            }

            lines.Add(line);
        }

        Assert.Fail($"curl ended without the line '{expected}'. It got:\n{string.Join('\n', lines)}");
    }

    /// <summary>0 if the response is complete for curl, 18 if it is incomplete.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.StandardOutput.ReadToEndAsync().OrTimeout();
        await _process.WaitForExitAsync().OrTimeout();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
