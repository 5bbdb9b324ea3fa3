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
using SseKit.Http;
using SseKit.Protocol;
using SseKit.Topics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds SseKit to an app's services.</summary>
public static class SseServiceCollectionExtensions
{
    /// <summary>
    /// Adds the services of SseKit and sets its options: first from the configuration section <c>SseKit</c>, then by
    /// <paramref name="configure"/>. Faulty options stop the app at its start, with every fault named. Plain <c>MapSse</c> works without
    /// this call, with the default options. May be called more than once.
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
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SseOptions>, SseOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<SseOptions>, SseConfigurationOptions>(
            static provider => new SseConfigurationOptions(provider.GetService<IConfiguration>())));
        services.TryAddSingleton(SseRuntimes.Create);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, SseHttp2Connections>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        var builder = new SseBuilder(services);
        if (!services.Any(service => service.ServiceType == typeof(ISseEventStore)))
        {
            builder.AddInMemoryEventStore();
        }

        services.TryAddSingleton(static provider => new SseTopicRegistry(
            provider.GetRequiredService<ISseEventStore>(), provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.TryAddSingleton(static provider => new SseTopicServices(
            provider.GetRequiredService<ISseEventStore>(), provider.GetRequiredService<SseTopicRegistry>()));
        services.TryAddSingleton(static provider => new SsePublisher(
            provider.GetRequiredService<ISseEventStore>(),
            provider.GetRequiredService<SseTopicRegistry>(),
            provider.GetService<IOptions<JsonOptions>>()?.Value.SerializerOptions ?? SseJsonDefaults.Options,
            provider.GetRequiredService<IOptions<SseOptions>>().Value.MaxEventSize));
        services.TryAddSingleton<ISsePublisher>(static provider => provider.GetRequiredService<SsePublisher>());
        services.TryAddSingleton(static provider => new SseReplayRuns(
            provider.GetRequiredService<SsePublisher>(),
            provider.GetRequiredService<SseRuntime>(),
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetService<IHttpContextAccessor>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SseReplayRuns>(
            static provider => provider.GetRequiredService<SseReplayRuns>()));
        return builder;
    }
}
