using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.Sqlite;
using SseKit.Sqlite.DependencyInjection;
using SseKit.Sqlite.Files;
using SseKit.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the events of topics in an SQLite file.</summary>
public static class SseSqliteBuilderExtensions
{
    /// <summary>
    /// Keeps events in an SQLite file on a local disk: they are kept over restarts, and processes of one machine may share the file. The
    /// app does not start if the file cannot be used.
    /// </summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="pathOrConnectionString">
    /// The file, or a connection string of Microsoft.Data.Sqlite, such as <c>Data Source=events.db</c>. The file is created if it is
    /// missing, its directory is not. A relative path begins at the app's content root.
    /// </param>
    /// <param name="configure">Sets when the disk is flushed, and the bounds.</param>
    /// <example><code>builder.Services.AddSse().AddSqliteEventStore("events.db", options => options.MaxAge =
    /// TimeSpan.FromDays(30));</code></example>
    public static ISseBuilder AddSqliteEventStore(
        this ISseBuilder builder, string pathOrConnectionString, Action<SseSqliteEventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(pathOrConnectionString);

        // An invalid text fails here and not with the first event.
        _ = DatabaseFile.Parse(pathOrConnectionString);
        builder.Services.AddOptions<SseSqliteEventStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SseSqliteEventStoreOptions>, SqliteEventStoreOptionsValidator>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StoreOpening>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(provider =>
        {
            SseSqliteEventStoreOptions options = provider.GetRequiredService<IOptions<SseSqliteEventStoreOptions>>().Value;
            string contentRoot = provider.GetService<IHostEnvironment>()?.ContentRootPath ?? "";
            var store = new SqliteEventStore(
                new DatabaseFile(pathOrConnectionString, contentRoot, options),
                options,
                provider.GetService<TimeProvider>() ?? TimeProvider.System,
                (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("SseKit.Sqlite"),
                new EvictedEvents(provider.GetService<IMeterFactory>()));
            store.Upkeep.Start();
            return store;
        }));
        return builder;
    }
}
