using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.DependencyInjection;
using SseKit.Stores;
using SseKit.Stores.InMemory;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the store of the events of topics.</summary>
public static class SseStoreBuilderExtensions
{
    /// <summary>Keeps events in memory, bounded by count, bytes and age. It is the default; a restart loses the events.</summary>
    /// <param name="builder">The builder that AddSse returned.</param>
    /// <param name="configure">Sets the bounds.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddSse().AddInMemoryEventStore(options => options.MaxAge = TimeSpan.FromMinutes(10));
    /// </code>
    /// </example>
    public static ISseBuilder AddInMemoryEventStore(this ISseBuilder builder, Action<SseInMemoryEventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<SseInMemoryEventStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SseInMemoryEventStoreOptions>, InMemoryEventStoreOptionsValidator>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(static provider => new InMemoryEventStore(
            provider.GetRequiredService<IOptions<SseInMemoryEventStoreOptions>>().Value,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<ILogger<InMemoryEventStore>>(),
            new EvictedEvents(provider.GetService<IMeterFactory>()))));
        return builder;
    }
}
