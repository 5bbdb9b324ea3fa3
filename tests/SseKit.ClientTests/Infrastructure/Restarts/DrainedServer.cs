namespace SseKit.ClientTests.Infrastructure.Restarts;

/// <summary>The process gets SIGTERM, and its answers end within the shutdown timeout.</summary>
public sealed class DrainedServer() : ServerRestart(silence: TimeSpan.FromSeconds(15), shutdownTimeout: TimeSpan.FromSeconds(30))
{
    protected override Task EndAsync(SampleProcess server) => server.TerminateAsync();
}
