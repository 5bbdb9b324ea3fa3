using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Protocol;
using SseKit.Topics;

namespace SseKit.Http;

/// <summary>
/// The runs that go on in this process, at most one for a topic. A stopping host gives them its shutdown time, and marks those interrupted that
/// are not through by then. Thread-safe.
/// </summary>
internal sealed partial class SseReplayRuns(
    SsePublisher publisher, SseRuntime runtime, IServiceScopeFactory scopes, IHttpContextAccessor? accessor) : IHostedService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SseReplayRun> _active = [];
    private readonly SseReplayLeases? _leases = publisher.Store is ISseLeaseStore leases ? new SseReplayLeases(leases, publisher, runtime) : null;
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private long _runs;

    /// <summary>What servers agree on; null where the store is one process's own.</summary>
    public SseReplayLeases? Leases => _leases;

    public SseReplayRun? Find(string topic)
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
    public (SseReplayRun Run, bool Reserved) FindOrReserve(string topic, SseReplayOptions options)
    {
        lock (_gate)
        {
            if (_active.TryGetValue(topic, out SseReplayRun? active))
            {
                return (active, false);
            }

            var run = new SseReplayRun(topic, options.StopWithoutFollowersAfter, runtime.Time);
            _active.Add(topic, run);
            return (run, true);
        }
    }

    public void Start(SseReplayRun run, HttpContext original, byte[] body, RequestDelegate handler)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        DefaultHttpContext context = SseDetachedContext.Create(original, body, run, scope.ServiceProvider);

        // The run outlives the request, so it takes nothing of the request's flow with it.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => RunAsync(run, context, scope, handler));
        }
    }

    /// <summary>Gives the place back: there is nothing to run.</summary>
    public void Withdraw(SseReplayRun run)
    {
        run.Response.Withdraw();
        Remove(run);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        SseReplayRun[] active;
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
            foreach (SseReplayRun run in active)
            {
                run.Stop();
            }

            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None));
            foreach (SseReplayRun run in active.Where(run => !run.Completion.IsCompleted && run.Response.IsKnownStream && run.Lease is not { IsLost: true }))
            {
                await TryFailAsync(run.Topic);
            }
        }
    }

    private async Task RunAsync(SseReplayRun run, DefaultHttpContext context, AsyncServiceScope scope, RequestDelegate handler)
    {
        if (accessor is not null)
        {
            accessor.HttpContext = context;
        }

        using CancellationTokenRegistration lost = run.Lease?.Lost.UnsafeRegister(static run => ((SseReplayRun)run!).Stop(), run) ?? default;
        Exception? failure = null;
        Task<bool> stored = StoreAsync(run);
        try
        {
            await handler(context);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        try
        {
            await run.Response.FinishAsync(failure);
            if (await stored)
            {
                await CompleteAsync(run, failure);
            }
        }
        catch (Exception exception) when (run.Lease is { IsLost: true })
        {
            // The topic may be another server's by now. Whoever has the lease then says what became of it.
            Log.LeaseLost(runtime.Logger, run.Topic, exception);
            _leases!.WatchOver(run.Topic, run.Lease.Duration);
        }
        catch (Exception exception)
        {
            Log.RunFailed(runtime.Logger, run.Topic, exception);
            await TryFailAsync(run.Topic);
        }
        finally
        {
            await (run.Lease?.ReleaseAsync() ?? Task.CompletedTask);
            Remove(run);
            await scope.DisposeAsync();
        }
    }

    private void Remove(SseReplayRun run)
    {
        lock (_gate)
        {
            _active.Remove(run.Topic);
        }

        run.Close();
    }

    private async Task CompleteAsync(SseReplayRun run, Exception? failure)
    {
        if (failure is not null && !run.IsStopped)
        {
            Log.RunFailed(runtime.Logger, run.Topic, failure);
        }

        run.ThrowIfLost();
        SseTopicCompletion completion = failure is null && !run.IsStopped ? SseTopicCompletion.Completed : SseTopicCompletion.Failed;
        await TryUntilStoredAsync(run, () => publisher.CompleteAsync(run.Topic, completion, run.Lost));
    }

    private async Task TryFailAsync(string topic)
    {
        try
        {
            await publisher.CompleteAsync(topic, SseTopicCompletion.Failed, CancellationToken.None);
        }
        catch (Exception exception)
        {
            Log.RunFailed(runtime.Logger, topic, exception);
        }
    }

    // Cuts what the handler writes into events and appends them. Ids of the handler's own become positions (I4). Returns whether it was a stream.
    private async Task<bool> StoreAsync(SseReplayRun run)
    {
        try
        {
            if (!await run.Response.IsStream)
            {
                return false;
            }
        }
        catch (Exception)
        {
            // The handler failed before its first byte. Whoever started the run sees the failure.
            return false;
        }

        try
        {
            await StoreEventsAsync(run);
            return true;
        }
        catch (SseTopicCompletedException)
        {
            // The app has completed the topic meanwhile. What the handler still says, nobody will hear.
            run.Stop();
            return false;
        }
        catch
        {
            run.Stop();
            throw;
        }
        finally
        {
            // A handler that writes on must not wait for a reader.
            await run.Response.Reader.CompleteAsync();
        }
    }

    private async Task StoreEventsAsync(SseReplayRun run)
    {
        string key = $"{_instance}-{Interlocked.Increment(ref _runs)}-";
        long count = 0;
        await foreach (SseItem<string> item in SseParser.Create(run.Response.Reader.AsStream(leaveOpen: true)).EnumerateAsync())
        {
            ReadOnlyMemory<byte> payload = SsePayload.Encode(new SseTextEvent(FieldsOf(item), item.Data), runtime.Options.MaxEventSize);

            // With a key, an append whose outcome is unknown can be tried again: its event is neither lost nor doubled.
            string eventKey = key + count++;
            await TryUntilStoredAsync(run, () => publisher.AppendOnceAsync(run.Topic, payload, eventKey, run.Lost));
        }
    }

    private async Task TryUntilStoredAsync(SseReplayRun run, Func<ValueTask> store)
    {
        var backoff = new SseStoreBackoff(runtime.Time);
        while (true)
        {
            try
            {
                // Another server may feed the topic when the lease is lost.
                run.ThrowIfLost();
                await store();
                return;
            }
            catch (Exception exception) when (exception is not SseTopicCompletedException && !run.IsStopped)
            {
                Log.StoreFailed(runtime.Logger, run.Topic, exception);
            }

            await backoff.WaitAsync(run.Stopping);
        }
    }

    private static SseEventFields FieldsOf(SseItem<string> item)
    {
        TimeSpan? retry = item.ReconnectionInterval is { TotalMilliseconds: >= 1 and <= SseFields.MaxRetryMilliseconds } interval ? interval : null;
        return SseEventFields.ForItem(
            new SseItem<string>(item.Data, item.EventType.Replace('\0', '\uFFFD')) { ReconnectionInterval = retry });
    }

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.RunFailed, LogLevel.Error, "The run for topic {Topic} failed; its followers are told.")]
        public static partial void RunFailed(ILogger logger, string topic, Exception exception);

        [LoggerMessage(SseEventIds.LeaseLost, LogLevel.Warning, "The run for topic {Topic} was stopped: the store could not be reached for so long that another server may have the topic.")]
        public static partial void LeaseLost(ILogger logger, string topic, Exception exception);

        [LoggerMessage(SseEventIds.RunAppendFailed, LogLevel.Warning, "What the run for topic {Topic} said could not be stored; trying again.")]
        public static partial void StoreFailed(ILogger logger, string topic, Exception exception);
    }
}
