using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.DependencyInjection;
using SseKit.Storage;
using SseKit.Storage.FileLog;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses where the events of topics are kept.</summary>
public static class SseStoreBuilderExtensions
{
    /// <summary>Keeps events in memory, bounded by count, bytes and age. It is the default; a restart loses the events.</summary>
    /// <param name="builder">What AddSse returned.</param>
    /// <param name="configure">Sets the bounds.</param>
    /// <example><code>builder.Services.AddSse().AddInMemoryEventStore(options => options.MaxAge = TimeSpan.FromMinutes(10));</code></example>
    public static ISseBuilder AddInMemoryEventStore(this ISseBuilder builder, Action<SseInMemoryEventStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<SseInMemoryEventStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SseInMemoryEventStoreOptions>, SseMemoryStoreOptionsValidator>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(static provider => new SseMemoryEventStore(
            provider.GetRequiredService<IOptions<SseInMemoryEventStoreOptions>>().Value,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<ILogger<SseMemoryEventStore>>())));
        return builder;
    }

    /// <summary>
    /// Keeps events in files of a directory on a local disk: they are there again when the app starts again, also after it was killed. One process at a time can use
    /// a directory; a second one fails at its start, as does one whose directory cannot be used.
    /// </summary>
    /// <param name="builder">What AddSse returned.</param>
    /// <param name="directory">The directory, made where there is none. A relative path begins at the app's content root.</param>
    /// <param name="configure">Sets when the disk is flushed, and the bounds.</param>
    public static ISseBuilder AddFileEventStore(this ISseBuilder builder, string directory, Action<SseFileStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        builder.Services.AddOptions<SseFileStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SseFileStoreOptions>, SseFileStoreOptionsValidator>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SseFileStoreOpening>());
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.Replace(ServiceDescriptor.Singleton<ISseEventStore>(provider => new SseFileEventStore(
            new SseDiskFiles(Path.Combine(provider.GetService<IHostEnvironment>()?.ContentRootPath ?? "", directory)),
            provider.GetRequiredService<IOptions<SseFileStoreOptions>>().Value,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<ILogger<SseFileEventStore>>() ?? NullLogger<SseFileEventStore>.Instance)));
        return builder;
    }
}
