using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Benchmarks.Sqlite;

/// <summary>An SQLite store in its own directory, without bounds that would delete events.</summary>
internal sealed class SqliteStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private SqliteStore(string directory, ServiceProvider services)
    {
        Path = directory;
        _services = services;
        Events = services.GetRequiredService<ISseEventStore>();
    }

    public string Path { get; }

    public ISseEventStore Events { get; }

    public static SqliteStore Open(string directory, SseSqliteSynchronous synchronous)
    {
        Directory.CreateDirectory(directory);
        var services = new ServiceCollection();
        services.AddSse().AddSqliteEventStore(System.IO.Path.Combine(directory, "events.db"), options =>
        {
            options.Synchronous = synchronous;
            options.MaxEventsPerTopic = long.MaxValue;
            options.MaxBytesPerTopic = long.MaxValue;
            options.MaxEvents = long.MaxValue;
            options.MaxBytes = long.MaxValue;
        });
        return new SqliteStore(directory, services.BuildServiceProvider());
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();
}
