using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SseKit.Dashboard.Measuring;

namespace SseKit.Dashboard.Snapshots;

/// <summary>Makes a snapshot each second while there are viewers, and hands the same one to all of them. Thread-safe.</summary>
/// <remarks>A viewer that is slow misses snapshots; nothing is queued for it.</remarks>
/// <param name="source">Makes the snapshots.</param>
/// <param name="createRates">Begins to measure rates.</param>
/// <param name="time">The app's clock.</param>
/// <param name="logger">The dashboard's log.</param>
internal sealed partial class SnapshotFeed(SnapshotSource source, Func<RateMeter> createRates, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource<Snapshot> _next = CreateNext();
    private Task<Snapshot>? _latest;
    private int _viewers;
    private bool _isRunning;
    private bool _isFailing;

    public async IAsyncEnumerable<Snapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Task<Snapshot> snapshot = Enter();
        try
        {
            while (true)
            {
                yield return await snapshot.WaitAsync(cancellationToken);
                snapshot = Next();
            }
        }
        finally
        {
            Leave();
        }
    }

    private Task<Snapshot> Enter()
    {
        lock (_gate)
        {
            _viewers++;
            if (!_isRunning)
            {
                _isRunning = true;
                Start();
            }

            return _latest ?? _next.Task;
        }
    }

    private Task<Snapshot> Next()
    {
        lock (_gate)
        {
            return _next.Task;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _viewers--;
        }
    }

    // The work belongs to all viewers, so it must not run in the context of the first one's request. (I11)
    private void Start()
    {
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        using RateMeter rates = createRates();
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Publish(rates);
        }
        while (await timer.WaitForNextTickAsync() && HasViewers());
    }

    private bool HasViewers()
    {
        lock (_gate)
        {
            if (_viewers == 0)
            {
                _isRunning = false;
                _latest = null;
            }

            return _isRunning;
        }
    }

    // The lists are those of services that the app may have replaced.
    private void Publish(RateMeter rates)
    {
        Snapshot snapshot;
        try
        {
            snapshot = source.Take(rates);
            _isFailing = false;
        }
        catch (Exception exception)
        {
            if (!_isFailing)
            {
                _isFailing = true;
                Log.Failed(logger, exception);
            }

            return;
        }

        TaskCompletionSource<Snapshot> completed;
        lock (_gate)
        {
            completed = _next;
            _next = CreateNext();
            _latest = completed.Task;
        }

        completed.SetResult(snapshot);
    }

    private static TaskCompletionSource<Snapshot> CreateNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.SnapshotFailed, LogLevel.Warning, "Failed to list the app's streams and runs; the dashboard shows nothing new.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
