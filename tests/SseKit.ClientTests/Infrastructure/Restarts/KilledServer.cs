namespace SseKit.ClientTests.Infrastructure.Restarts;

/// <summary>The process gets SIGKILL.</summary>
public sealed class KilledServer() : ServerRestart(silence: TimeSpan.FromHours(1), shutdownTimeout: TimeSpan.FromSeconds(30))
{
    protected override Task EndAsync(SampleProcess server) => server.KillAsync();
}
