using System.Diagnostics;

namespace SseKit.Tests.Infrastructure;

/// <summary>A program beside the tests, which runs in its own process, and whose output the test reads.</summary>
public static class DotnetProgram
{
    private static readonly string Host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static ProcessStartInfo Named(string file, params string[] arguments) =>
        new(Host, [Path.Combine(AppContext.BaseDirectory, file), .. arguments])
        {
            RedirectStandardOutput = true,

            // A process that is killed leaves the sockets and pipes of its diagnostics in the temp directory.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
        };
}
