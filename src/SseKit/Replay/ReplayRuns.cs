using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Leases;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// The runs that go on in this process, at most one for a topic. A stopping host gives them its shutdown time, and marks those interrupted that
/// are not through by then. Thread-safe.
/// </summary>
internal sealed class ReplayRuns : IHostedService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ReplayRun> _active = [];
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _time;
    private readonly ReplayRecorder _recorder;
    private readonly ReplayRunner _runner;

    public ReplayRuns(
        Publisher publisher, StreamRuntime runtime, StoreHealth health, IServiceScopeFactory scopes, IHttpContextAccessor? accessor)
    {
        _scopes = scopes;
        _time = runtime.Time;
        Leases = publisher.Store is ISseLeaseStore leases ? new TopicLeases(leases, publisher, runtime) : null;
        _recorder = new ReplayRecorder(publisher, runtime, health);
        _runner = new ReplayRunner(_recorder, Leases, runtime.Logger, accessor);
    }

    /// <summary>What servers agree on; null where the store is one process's own.</summary>
    public TopicLeases? Leases { get; }

    public ReplayRun? Find(string topic)
    {
        lock (_gate)
        {
            return _active.GetValueOrDefault(topic);
        }
    }

    /// <summary>
    /// Finds the run that goes on for a topic, or takes its place for a new one. Who has taken it decides alone what becomes of the topic, and then calls
    /// <see cref="Start"/> or <see cref="Withdraw"/>.
    /// </summary>
    /// <returns>The run, and whether this call has taken its place.</returns>
    public (ReplayRun Run, bool Reserved) FindOrReserve(string topic, SseReplayOptions options)
    {
        lock (_gate)
        {
            if (_active.TryGetValue(topic, out ReplayRun? active))
            {
                return (active, false);
            }

            var run = new ReplayRun(topic, options.StopWithoutFollowersAfter, _time);
            _active.Add(topic, run);
            return (run, true);
        }
    }

    public void Start(ReplayRun run, HttpContext original, byte[] body, RequestDelegate handler)
    {
        run.Route = EndpointSettings.RouteOf(original);
        AsyncServiceScope scope = _scopes.CreateAsyncScope();
        DefaultHttpContext context = DetachedContext.Create(original, body, run, scope.ServiceProvider);

        // The run outlives the request, so it takes nothing of the request's flow with it.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => RunAsync(run, context, scope, handler));
        }
    }

    /// <summary>Gives the place back: there is nothing to run.</summary>
    public void Withdraw(ReplayRun run)
    {
        run.Response.Withdraw();
        Remove(run);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        ReplayRun[] active;
        lock (_gate)
        {
            active = [.. _active.Values];
        }

        Task all = Task.WhenAll(active.Select(run => run.Completion));
        try
        {
            await all.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            foreach (ReplayRun run in active)
            {
                run.Stop();
            }

            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None));
            foreach (ReplayRun run in active.Where(run => !run.Completion.IsCompleted && run.Response.IsKnownStream && run.Lease is not { IsLost: true }))
            {
                await _recorder.TryFailAsync(run);
            }
        }
    }

    private async Task RunAsync(ReplayRun run, DefaultHttpContext context, AsyncServiceScope scope, RequestDelegate handler)
    {
        try
        {
            await _runner.RunAsync(run, context, handler);
        }
        finally
        {
            Remove(run);
            await scope.DisposeAsync();
        }
    }

    private void Remove(ReplayRun run)
    {
        lock (_gate)
        {
            _active.Remove(run.Topic);
        }

        run.Close();
    }
}
