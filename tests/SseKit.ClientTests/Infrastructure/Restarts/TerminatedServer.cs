namespace SseKit.ClientTests.Infrastructure.Restarts;

/// <summary>The process gets SIGTERM, and its answers do not end within the shutdown timeout.</summary>
public sealed class TerminatedServer() : ServerRestart(silence: TimeSpan.FromHours(1), shutdownTimeout: TimeSpan.FromSeconds(2))
{
    /// <summary>The time from the signal to the end of the process.</summary>
    public TimeSpan StopDuration { get; private set; }

    protected override async Task EndAsync(SampleProcess server) => StopDuration = await server.TerminateAsync();
}
