using Microsoft.Extensions.Hosting;

namespace SseKit.Sqlite.DependencyInjection;

/// <summary>Opens the file when the app starts: a file that cannot be used fails the start, and not the first publish.</summary>
internal sealed class StoreOpening(ISseEventStore store) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The app may have replaced the store.
        (store as SqliteEventStore)?.Open();
        return Task.CompletedTask;
    }

    // The container closes the store, after all services that use it.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
