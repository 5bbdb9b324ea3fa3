using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.Redis;
using SseKit.Stores;
using StackExchange.Redis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the events of topics in Redis.</summary>
public static class SseRedisBuilderExtensions
{
    /// <summary>
    /// Keeps events in Redis 6.2 or later: clients can follow and resume topics on every server of the app. The store has a connection of
    /// its own, for any number of clients. The app starts also if Redis is unavailable.
    /// </summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="configuration">
    /// The configuration of the connection, in StackExchange.Redis' format. <c>abortConnect</c> has no effect: a call that finds no
    /// server fails with the reason, and a later one connects.
    /// </param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">The configuration is invalid.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSse().AddRedisEventStore("localhost:6379", options => options.MaxAge = TimeSpan.FromHours(1));
    /// </code>
    /// </example>
    public static ISseBuilder AddRedisEventStore(
        this ISseBuilder builder, string configuration, Action<SseRedisEventStoreOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(configuration);

        // An invalid text fails here and not with the first event.
        ConfigurationOptions parsed = ConfigurationOptions.Parse(configuration);
        return Add(builder, configure, services => RedisConnection.Own(parsed, TimeOf(services)));
    }

    /// <summary>
    /// Keeps events in Redis 6.2 or later, on the app's own connection. The app disposes the connection after the services.
    /// </summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="multiplexer">The connection, which the store shares with the app and never blocks.</param>
    /// <param name="configure">Sets options.</param>
    public static ISseBuilder AddRedisEventStore(
        this ISseBuilder builder, IConnectionMultiplexer multiplexer, Action<SseRedisEventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(multiplexer);
        return Add(builder, configure, _ => RedisConnection.Of(multiplexer));
    }

    /// <summary>
    /// Keeps events in Redis 6.2 or later, on a connection that the app's services have. The app or its container disposes the connection.
    /// </summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="multiplexer">Gets the connection when the store is created.</param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddSse().AddRedisEventStore(services => services.GetRequiredService&lt;IConnectionMultiplexer&gt;());
    /// </code>
    /// </example>
    public static ISseBuilder AddRedisEventStore(
        this ISseBuilder builder,
        Func<IServiceProvider, IConnectionMultiplexer> multiplexer,
        Action<SseRedisEventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(multiplexer);
        return Add(builder, configure, services => RedisConnection.Of(multiplexer(services)));
    }

    private static ISseBuilder Add(
        ISseBuilder builder, Action<SseRedisEventStoreOptions>? configure, Func<IServiceProvider, RedisConnection> connection)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<SseRedisEventStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SseRedisEventStoreOptions>, RedisEventStoreOptionsValidator>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(services => new RedisEventStore(
            connection(services),
            services.GetRequiredService<IOptions<SseRedisEventStoreOptions>>().Value,
            TimeOf(services),
            (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("SseKit.Redis"),
            new EvictedEvents(services.GetService<IMeterFactory>()))));
        return builder;
    }

    private static TimeProvider TimeOf(IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;
}
