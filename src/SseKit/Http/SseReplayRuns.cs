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
    private readonly string _instance = Guid.NewGuid().ToString("N");
    private long _runs;

    public SseReplayRun? Find(string topic)
    {
        lock (_gate)
        {
            return _active.GetValueOrDefault(topic);
        }
    }

    /// <summary>Starts a run, unless one goes on for this topic.</summary>
    /// <returns>The run, and whether this call has started it.</returns>
    public (SseReplayRun Run, bool Started) GetOrStart(
        HttpContext original, byte[] body, string topic, SseReplayOptions options, RequestDelegate handler)
    {
        SseReplayRun run;
        lock (_gate)
        {
            if (_active.TryGetValue(topic, out SseReplayRun? active))
            {
                return (active, false);
            }

            run = new SseReplayRun(topic, options.StopWithoutFollowersAfter, runtime.Time);
            _active.Add(topic, run);
        }

        run.RequestAborted = run.Stopping;
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        DefaultHttpContext context = SseDetachedContext.Create(original, body, run, scope.ServiceProvider);

        // The run outlives the request, so it takes nothing of the request's flow with it.
        using (ExecutionContext.SuppressFlow())
        {
            run.Completion = Task.Run(() => RunAsync(run, context, scope, handler));
        }

        return (run, true);
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
        }
    }

    private async Task RunAsync(SseReplayRun run, DefaultHttpContext context, AsyncServiceScope scope, RequestDelegate handler)
    {
        if (accessor is not null)
        {
            accessor.HttpContext = context;
        }

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
        catch (Exception exception)
        {
            Log.RunFailed(runtime.Logger, run.Topic, exception);
            await TryFailAsync(run.Topic);
        }
        finally
        {
            run.Close();
            lock (_gate)
            {
                _active.Remove(run.Topic);
            }

            await scope.DisposeAsync();
        }
    }

    private async Task CompleteAsync(SseReplayRun run, Exception? failure)
    {
        if (failure is not null && !run.IsStopped)
        {
            Log.RunFailed(runtime.Logger, run.Topic, failure);
        }

        bool complete = failure is null && !run.IsStopped;
        await publisher.CompleteAsync(
            run.Topic, complete ? SseTopicCompletion.Completed : SseTopicCompletion.Failed, CancellationToken.None);
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

        string key = $"{_instance}-{Interlocked.Increment(ref _runs)}-";
        long count = 0;
        await foreach (SseItem<string> item in SseParser.Create(run.Response.Reader.AsStream()).EnumerateAsync())
        {
            ReadOnlyMemory<byte> payload = SsePayload.Encode(new SseTextEvent(FieldsOf(item), item.Data), runtime.Options.MaxEventSize);
            await AppendAsync(run.Topic, payload, key + count++);
        }

        return true;
    }

    // An append that failed is tried again with the same key, so its event is neither lost nor doubled.
    private async Task AppendAsync(string topic, ReadOnlyMemory<byte> payload, string key)
    {
        var backoff = new SseStoreBackoff(runtime.Time);
        while (true)
        {
            try
            {
                await publisher.AppendAsync(topic, payload, key, CancellationToken.None);
                return;
            }
            catch (Exception exception) when (exception is not SseTopicCompletedException)
            {
                Log.AppendFailed(runtime.Logger, topic, exception);
            }

            await backoff.WaitAsync(CancellationToken.None);
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

        [LoggerMessage(SseEventIds.RunAppendFailed, LogLevel.Warning, "An event of the run for topic {Topic} could not be stored; trying again.")]
        public static partial void AppendFailed(ILogger logger, string topic, Exception exception);
    }
}
