using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.Connections;
using SseKit.DependencyInjection;
using SseKit.Endpoints.Serving;
using SseKit.Replay;
using SseKit.Topics;
using SseKit.Topics.Disconnecting;
using SseKit.Writing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds SseKit to an app's services.</summary>
public static class SseServiceCollectionExtensions
{
    /// <summary>
    /// Adds the services of SseKit and sets its options: first from the configuration section <c>SseKit</c>, then by
    /// <paramref name="configure"/>. The app does not start with invalid options; the exception names every fault. Plain <c>MapSse</c>
    /// works without this call, with the default options. May be called more than once.
    /// </summary>
    /// <param name="services">The services of the app.</param>
    /// <param name="configure">Sets options for the whole app.</param>
    /// <returns>A builder that adds further parts.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddSse(options => options.HeartbeatInterval = TimeSpan.FromSeconds(10))
    ///     .AddInMemoryEventStore(options => options.MaxEventsPerTopic = 5000);
    /// </code>
    /// </example>
    public static ISseBuilder AddSse(this IServiceCollection services, Action<SseOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<SseOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SseOptions>, OptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<SseOptions>, ConfigurationOptions>(
            static provider => new ConfigurationOptions(provider.GetService<IConfiguration>())));
        services.TryAddSingleton(StreamRuntimes.Create);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, Http2Connections>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        var builder = new StreamBuilder(services);
        if (!services.Any(service => service.ServiceType == typeof(ISseEventStore)))
        {
            builder.AddInMemoryEventStore();
        }

        services.TryAddSingleton(static provider => new TopicMetrics(
            provider.GetRequiredService<StreamRuntime>().Metrics, provider.GetRequiredService<StreamRuntime>().Time));
        services.TryAddSingleton(static provider => new TopicRegistry(
            provider.GetRequiredService<ISseEventStore>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<TopicMetrics>()));
        services.TryAddSingleton(static provider => new TopicServices(
            provider.GetRequiredService<ISseEventStore>(),
            provider.GetRequiredService<TopicRegistry>(),
            new StoreHealth(provider.GetRequiredService<StreamRuntime>().Time, provider.GetRequiredService<StreamRuntime>().Logger),
            provider.GetRequiredService<TopicMetrics>()));
        services.TryAddSingleton(static provider => new Publisher(
            provider.GetRequiredService<ISseEventStore>(),
            provider.GetRequiredService<TopicRegistry>(),
            new EventEncoder(
                provider.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? JsonDefaults.Options,
                provider.GetRequiredService<IOptions<SseOptions>>().Value.MaxEventSize,
                provider.GetRequiredService<IOptions<SseOptions>>().Value.StoreTraces),
            provider.GetRequiredService<TopicMetrics>()));
        services.TryAddSingleton<ISsePublisher>(static provider => provider.GetRequiredService<Publisher>());
        services.TryAddSingleton(CreateConnections);
        services.TryAddSingleton<ISseConnections>(static provider => provider.GetRequiredService<OpenConnections>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OpenConnections>(
            static provider => provider.GetRequiredService<OpenConnections>()));
        services.TryAddSingleton(static provider => new ReplayRuns(
            provider.GetRequiredService<Publisher>(),
            provider.GetRequiredService<StreamRuntime>(),
            provider.GetRequiredService<TopicServices>(),
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetService<IHttpContextAccessor>()));
        services.TryAddSingleton<ISseRuns>(static provider => new TopicRuns(
            provider.GetRequiredService<ReplayRuns>(),
            provider.GetRequiredService<Publisher>(),
            provider.GetRequiredService<StreamRuntime>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ReplayRuns>(
            static provider => provider.GetRequiredService<ReplayRuns>()));
        return builder;
    }

    // Only a store with leases has other servers.
    private static OpenConnections CreateConnections(IServiceProvider provider)
    {
        TopicServices topics = provider.GetRequiredService<TopicServices>();
        StreamRuntime runtime = provider.GetRequiredService<StreamRuntime>();
        return new OpenConnections(
            runtime,
            topics.Store is ISseLeaseStore
                ? new DisconnectTopic(provider.GetRequiredService<Publisher>(), topics.Topics, runtime, topics.Health)
                : null);
    }
}
