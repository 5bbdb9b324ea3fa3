using Microsoft.Extensions.Hosting;
using SseKit.Storage.FileLog;

namespace SseKit.DependencyInjection;

/// <summary>Opens the file log when the app starts: a directory that cannot be used stops it there, and not at the first publish.</summary>
internal sealed class SseFileStoreOpening(ISseEventStore store) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The app may have chosen another store after all.
        (store as SseFileEventStore)?.Open();
        return Task.CompletedTask;
    }

    // The container closes it, after all who use it.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
