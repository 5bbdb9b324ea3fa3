using Microsoft.Extensions.Diagnostics.HealthChecks;
using SseKit.Connections;
using SseKit.Replay;
using SseKit.Stores;
using SseKit.Topics;

namespace SseKit.DependencyInjection;

/// <summary>
/// Reports whether the app can accept streams: the store answers and notifies of changes, a place is free, and the host does not stop.
/// </summary>
internal sealed class SseHealthCheck(StreamRuntime runtime, TopicServices topics, ReplayRuns runs) : IHealthCheck
{
    // Reading a topic leaves nothing in the store.
    private const string Probe = TopicName.Reserved + "health";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        int connections = runtime.Registry.Count;
        var data = new Dictionary<string, object> { ["connections"] = connections, ["runs"] = runs.Count };
        HealthStatus failure = context.Registration.FailureStatus;
        if (runtime.Stopping.IsCancellationRequested)
        {
            return new HealthCheckResult(failure, "The host stops, and accepts no more streams.", exception: null, data);
        }

        try
        {
            // A store that ignores the token must not hold the check.
            await topics.Store.GetStateAsync(Probe, cancellationToken).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            return new HealthCheckResult(failure, "The event store is unavailable; streams stay open and publishes fail.", exception, data);
        }

        if (topics.Store is ISseTopicChangeSource { ReceivesNotifications: false })
        {
            return HealthCheckResult.Degraded(
                "Change notifications of the event store do not arrive; events of other servers are found by polling, and later.",
                exception: null,
                data);
        }

        return connections < runtime.Options.MaxConnections
            ? HealthCheckResult.Healthy(description: null, data)
            : HealthCheckResult.Degraded($"All {connections} places of SseOptions.MaxConnections are taken.", exception: null, data);
    }
}
