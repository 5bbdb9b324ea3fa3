using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Benchmarks.FileLog;

/// <summary>A file log in a directory of its own, as an app has it, and without bounds that would get in the way.</summary>
internal sealed class FileLogStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private FileLogStore(string directory, ServiceProvider services)
    {
        Path = directory;
        _services = services;
        Events = services.GetRequiredService<ISseEventStore>();
    }

    public string Path { get; }

    public ISseEventStore Events { get; }

    public static FileLogStore Open(string directory, SseFileSync sync)
    {
        var services = new ServiceCollection();
        services.AddSse().AddFileEventStore(directory, options =>
        {
            options.Sync = sync;
            options.MaxEventsPerTopic = int.MaxValue;
            options.MaxBytesPerTopic = long.MaxValue;
            options.MaxEvents = long.MaxValue;
            options.MaxBytes = long.MaxValue;
        });
        return new FileLogStore(directory, services.BuildServiceProvider());
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();
}
