using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Replay.Leases;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// Holds the runs of this process, at most one for a topic. A stopping host gives them its shutdown time, and marks those as failed that
/// have not finished by then. Thread-safe.
/// </summary>
internal sealed partial class ReplayRuns : IHostedService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ReplayRun> _active = [];
    private readonly LimitedPlaces _places;
    private readonly ISseTopicLimits? _limits;
    private readonly IServiceScopeFactory _scopes;
    private readonly StreamRuntime _runtime;
    private readonly ReplayRecorder _recorder;
    private readonly ReplayRunner _runner;
    private readonly RunWatch _watch;

    public ReplayRuns(
        Publisher publisher, StreamRuntime runtime, TopicServices topics, IServiceScopeFactory scopes, IHttpContextAccessor? accessor)
    {
        _scopes = scopes;
        _runtime = runtime;
        _places = new LimitedPlaces(runtime.Options.MaxRuns);
        _limits = publisher.Store as ISseTopicLimits;
        Leases = publisher.Store is ISseLeaseStore leases ? new TopicLeases(leases, publisher, runtime) : null;
        _recorder = new ReplayRecorder(publisher, runtime, topics.Health);
        _watch = new RunWatch(publisher.Store, runtime, topics.Health);
        topics.Topics.Watch(OnTopicChanged);
        _runner = new ReplayRunner(_recorder, Leases, runtime.Logger, accessor);
    }

    /// <summary>The leases of the servers that share the store; null if it belongs to one process.</summary>
    public TopicLeases? Leases { get; }

    /// <summary>Gets the runs, and the places that are reserved for one.</summary>
    public ReplayRun[] Active
    {
        get
        {
            lock (_gate)
            {
                return [.. _active.Values];
            }
        }
    }

    /// <summary>The number of runs, and of places that are reserved for one.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _active.Count;
            }
        }
    }

    public ReplayRun? Find(string topic)
    {
        lock (_gate)
        {
            return _active.GetValueOrDefault(topic);
        }
    }

    /// <summary>
    /// Finds the active run of a topic, or reserves a new one. Only the caller that has reserved it decides about the topic, and then calls
    /// <see cref="StartAsync(ReplayRun, HttpContext, RunRequest, RequestDelegate, SseReplayOptions)"/> or <see cref="Withdraw"/>.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="options">The endpoint's options.</param>
    /// <param name="client">The client of the request. It counts under the connection limits, which bound the reserved runs.</param>
    /// <returns>The run, and whether this call has reserved it.</returns>
    public (ReplayRun Run, bool Reserved) FindOrReserve(string topic, SseReplayOptions options, StreamConnection client)
    {
        Debug.Assert(client.HoldsPlace, "Only an admitted client can begin a run (I10).");
        lock (_gate)
        {
            if (_active.TryGetValue(topic, out ReplayRun? active))
            {
                return (active, false);
            }

            var pace = new RunPace(_limits, client.Options.WriteTimeout, _runtime.Time);
            var run = new ReplayRun(
                topic, pace, client.Options.MaxEventSize, options.StopWithoutFollowersAfter, _runtime.Time);
            _active.Add(topic, run);
            return (run, true);
        }
    }

    /// <summary>Counts a reserved run under the limits of runs, until its end or <see cref="Withdraw"/>.</summary>
    /// <returns>False if a limit is reached, which is recorded.</returns>
    public bool TryAdmit(ReplayRun run)
    {
        PlaceResult place;
        lock (_gate)
        {
            place = _places.TryTake(run.LimitKey);
            run.HoldsPlace = place == PlaceResult.Taken;
        }

        if (place == PlaceResult.Taken)
        {
            return true;
        }

        _runtime.Metrics.RunRefused(run.Route, place);
        Log.Refused(_runtime.Logger, run.Route, place == PlaceResult.Full ? nameof(SseOptions.MaxRuns) : "WithSseRunLimit");
        return false;
    }

    /// <summary>Starts a run with a copy of the request that begins it.</summary>
    /// <param name="run">The reserved run.</param>
    /// <param name="original">The request.</param>
    /// <param name="request">The parts of the request that the run gets.</param>
    /// <param name="handler">Runs the endpoint's handler.</param>
    /// <param name="options">The endpoint's options.</param>
    public async ValueTask StartAsync(
        ReplayRun run, HttpContext original, RunRequest request, RequestDelegate handler, SseReplayOptions options)
    {
        Debug.Assert(run.HoldsPlace, "A run holds a place under the limits before it starts.");
        AsyncServiceScope scope = _scopes.CreateAsyncScope();
        DefaultHttpContext context;
        try
        {
            context = DetachedContext.Create(original, request, run, scope.ServiceProvider);
            options.OnRunStarting?.Invoke(original, context);
        }
        catch
        {
            await scope.DisposeAsync();
            throw;
        }

        _runtime.Metrics.RunStarted(run.Route);
        if (run.Begin())
        {
            _watch.Check([run]);
        }

        // The run outlives the request, so it gets only these parts of the request's execution context.
        var flow = new RunFlow(Activity.Current, CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => RunAsync(run, context, scope, handler, flow));
        }
    }

    /// <summary>Stops a run for the app, and completes its topic after what the handler has written.</summary>
    /// <returns>Whether this call has stopped it.</returns>
    public async Task<bool> StopAsync(ReplayRun run, CancellationToken cancellationToken)
    {
        if (!run.IsWatched || !run.Stop(RunStop.Requested))
        {
            return false;
        }

        try
        {
            if (run.Response.IsKnownStream)
            {
                await run.Recording.WaitAsync(cancellationToken);
            }

            await _recorder.CompleteAsync(run, SseTopicStatus.Completed, isFinal: false).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is SseStaleEpochException || run.Lost.IsCancellationRequested)
        {
            // The topic is no longer the run's: it was deleted, or another server has it.
        }
        finally
        {
            run.Response.ShowStream();
        }

        return true;
    }

    /// <summary>Removes a reserved run, because there is nothing to run.</summary>
    public void Withdraw(ReplayRun run) => Remove(run);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        ReplayRun[] active = Active;
        Task all = Task.WhenAll(active.Select(run => run.Completion));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _runtime.DrainOver);
        try
        {
            await all.WaitAsync(over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            foreach (ReplayRun run in active)
            {
                run.Stop(RunStop.Shutdown);
            }

            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None));
            foreach (ReplayRun run in active.Where(run => !run.Completion.IsCompleted && run.FeedsStream))
            {
                await _recorder.TryFailAsync(run);
            }
        }
    }

    private async Task RunAsync(ReplayRun run, DefaultHttpContext context, AsyncServiceScope scope, RequestDelegate handler, RunFlow flow)
    {
        CultureInfo.CurrentCulture = flow.Culture;
        CultureInfo.CurrentUICulture = flow.UICulture;
        Activity? activity = null;
        try
        {
            activity = RunActivity.Start(flow.Request, run.Route);
            await _runner.RunAsync(run, context, handler);
        }
        finally
        {
            Remove(run);
            RunActivity.Stop(activity);
            _runtime.Metrics.RunEnded(run.Route);
            await DisposeAsync(scope, run);
        }
    }

    // Services of the app may throw, as at the end of a request.
    private async Task DisposeAsync(AsyncServiceScope scope, ReplayRun run)
    {
        try
        {
            await scope.DisposeAsync();
        }
        catch (Exception exception)
        {
            Log.DisposalFailed(_runtime.Logger, run.Topic, run.Route, exception);
        }
    }

    private void OnTopicChanged(string? topic)
    {
        ReplayRun[] changed = topic is null ? Active : Find(topic) is { } run ? [run] : [];
        _watch.Check([.. changed.Where(run => run.OnTopicChanged())]);
    }

    private void Remove(ReplayRun run)
    {
        lock (_gate)
        {
            _active.Remove(run.Topic);
            if (run.HoldsPlace)
            {
                run.HoldsPlace = false;
                _places.GiveBack(run.LimitKey);
            }
        }

        // Clients that wait for its response must not wait forever, whatever ended it.
        run.Response.Withdraw();
        run.Close();
    }

    /// <summary>What flows from the request that began a run into its handler.</summary>
    private sealed record RunFlow(Activity? Request, CultureInfo Culture, CultureInfo UICulture);

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.RunRefused, LogLevel.Warning, "A run of {Route} did not begin: the limit {Limit} is reached.")]
        public static partial void Refused(ILogger logger, string? route, string limit);

        [LoggerMessage(
            LogEventIds.RunDisposalFailed,
            LogLevel.Error,
            "Failed to dispose the services of the run of {Route} for topic {Topic}; its events and its end are not affected.")]
        public static partial void DisposalFailed(ILogger logger, string topic, string? route, Exception exception);
    }
}
