using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SseKit;
using SseKit.PostgreSql;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the events of topics in PostgreSQL.</summary>
public static class SsePostgreSqlBuilderExtensions
{
    /// <summary>
    /// Keeps events in PostgreSQL 13 or later: they survive restarts, and every server of the app follows and resumes what any of them
    /// published. The store has connections of its own, at most 18 for each server, however many clients there are.
    /// </summary>
    /// <param name="builder">What AddSse returned.</param>
    /// <param name="connectionString">Names the database, as Npgsql reads it.</param>
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

        // A faulty text fails here and not with the first event.
        _ = new NpgsqlConnectionStringBuilder(connectionString);
        return Add(builder, configure, () => DataSource.Own(connectionString));
    }

    /// <summary>
    /// Keeps events in PostgreSQL 13 or later, on connections of the app's own data source. The app disposes the data source after the
    /// services.
    /// </summary>
    /// <param name="builder">What AddSse returned.</param>
    /// <param name="dataSource">Gives the connections; its pool must have room for 18 besides those that the app uses.</param>
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
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("SseKit.PostgreSql"))));
        return builder;
    }
}
