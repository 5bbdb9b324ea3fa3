using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SseKit;
using SseKit.PostgreSql;
using SseKit.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the events of topics in PostgreSQL.</summary>
public static class SsePostgreSqlBuilderExtensions
{
    /// <summary>
    /// Keeps events in PostgreSQL 13 or later: they are kept over restarts, and clients can follow and resume topics on every server of the
    /// app. The store has connections of its own, at most 18 for each server, for any number of clients.
    /// </summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="connectionString">The connection string of the database, in Npgsql's format.</param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddSse().AddPostgreSqlEventStore("Host=localhost;Database=app", options => options.MaxAge = TimeSpan.FromDays(1));
    /// </code>
    /// </example>
    public static ISseBuilder AddPostgreSqlEventStore(
        this ISseBuilder builder, string connectionString, Action<SsePostgreSqlEventStoreOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);

        // An invalid text fails here and not with the first event.
        _ = new NpgsqlConnectionStringBuilder(connectionString);
        return Add(builder, configure, () => DataSource.Own(connectionString));
    }

    /// <summary>
    /// Keeps events in PostgreSQL 13 or later, on connections of the app's own data source. The app disposes the data source after the
    /// services.
    /// </summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="dataSource">Opens the connections; its pool must allow 18 in addition to the app's own.</param>
    /// <param name="configure">Sets options.</param>
    public static ISseBuilder AddPostgreSqlEventStore(
        this ISseBuilder builder, NpgsqlDataSource dataSource, Action<SsePostgreSqlEventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return Add(builder, configure, () => DataSource.Of(dataSource));
    }

    private static ISseBuilder Add(
        ISseBuilder builder, Action<SsePostgreSqlEventStoreOptions>? configure, Func<DataSource> source)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<SsePostgreSqlEventStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SsePostgreSqlEventStoreOptions>, PostgreSqlEventStoreOptionsValidator>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(provider => new PostgreSqlEventStore(
            source(),
            provider.GetRequiredService<IOptions<SsePostgreSqlEventStoreOptions>>().Value,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("SseKit.PostgreSql"),
            new EvictedEvents(provider.GetService<IMeterFactory>()))));
        return builder;
    }
}
