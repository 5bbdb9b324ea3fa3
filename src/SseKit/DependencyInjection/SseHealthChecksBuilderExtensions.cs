using Microsoft.Extensions.Diagnostics.HealthChecks;
using SseKit.Connections;
using SseKit.DependencyInjection;
using SseKit.Replay;
using SseKit.Topics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds SseKit to the health checks of an app.</summary>
public static class SseHealthChecksBuilderExtensions
{
    // A check that waits for a store would itself look like a dead process.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds a check of readiness: it fails while the store does not answer and when the host stops. It is degraded while change
    /// notifications of a shared store do not arrive, and when all places of <c>SseOptions.MaxConnections</c> are taken. Its data has the
    /// number of connections and of runs.
    /// </summary>
    /// <remarks>
    /// It belongs into the readiness of a server and not into its liveness: a restart cures no store, and ends all streams.
    /// </remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">The status that is reported when the check fails; null for unhealthy.</param>
    /// <param name="tags">The tags of the check, by which endpoints select it.</param>
    /// <param name="timeout">How long the store may take; null for 5 seconds.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddHealthChecks().AddSse(tags: ["ready"]);
    /// app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
    /// </code>
    /// </example>
    public static IHealthChecksBuilder AddSse(
        this IHealthChecksBuilder builder,
        string name = "sse",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, Create, failureStatus, tags, timeout ?? DefaultTimeout));
    }

    private static SseHealthCheck Create(IServiceProvider services) => services.GetService<StreamRuntime>() is { } runtime
        ? new SseHealthCheck(runtime, services.GetRequiredService<TopicServices>(), services.GetRequiredService<ReplayRuns>())
        : throw new InvalidOperationException("The health check needs the SseKit services. Call builder.Services.AddSse() first.");
}
