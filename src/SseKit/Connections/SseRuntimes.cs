using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SseKit.Connections;

/// <summary>Finds the runtime of an app. An app that never called AddSse gets one with the default options.</summary>
internal static class SseRuntimes
{
    private static readonly ConditionalWeakTable<object, SseRuntime> WithoutAddSse = [];

    public static SseRuntime For(IServiceProvider services)
    {
        if (services.GetService<SseRuntime>() is { } registered)
        {
            return registered;
        }

        // A request's services are not the app's, but the lifetime is the same object in both.
        object app = (object?)services.GetService<IHostApplicationLifetime>() ?? services;
        return WithoutAddSse.GetValue(app, _ => CreateUnowned(services));
    }

    public static SseRuntime Create(IServiceProvider services)
    {
        SseOptions options = services.GetService<IOptions<SseOptions>>()?.Value ?? new SseOptions();
        SseOptionsFaults.ThrowIfAny(options);
        return new SseRuntime(
            options,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            services.GetService<IMeterFactory>(),
            services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None);
    }

    // No container disposes this one, so it goes with the host.
    private static SseRuntime CreateUnowned(IServiceProvider services)
    {
        SseRuntime runtime = Create(services);
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.UnsafeRegister(static runtime => ((SseRuntime)runtime!).Dispose(), runtime);
        return runtime;
    }
}
