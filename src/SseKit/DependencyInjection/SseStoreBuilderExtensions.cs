using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.DependencyInjection;
using SseKit.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses where the events of topics are kept.</summary>
public static class SseStoreBuilderExtensions
{
    /// <summary>Keeps events in memory, bounded by count, bytes and age. The default; what it holds is gone with the process.</summary>
    /// <param name="builder">What AddSse returned.</param>
    /// <param name="configure">Sets the bounds.</param>
    public static ISseBuilder AddInMemoryEventStore(this ISseBuilder builder, Action<SseMemoryStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<SseMemoryStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SseMemoryStoreOptions>, SseMemoryStoreOptionsValidator>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(static provider => new SseMemoryEventStore(
            provider.GetRequiredService<IOptions<SseMemoryStoreOptions>>().Value, provider.GetService<TimeProvider>() ?? TimeProvider.System)));
        return builder;
    }
}
