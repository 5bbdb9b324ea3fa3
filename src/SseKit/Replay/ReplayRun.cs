using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Leases;
using SseKit.Stores;

namespace SseKit.Replay;

/// <summary>
/// One run of a handler, for a topic. Its clients come and go. The run ends when the handler returns, and is stopped for the reasons of
/// <see cref="RunStop"/>.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "The token source has no timer and no parent; the timer is disposed when the run is over.")]
internal sealed class ReplayRun(string topic, RunPace pace, TimeSpan stopWithoutFollowersAfter, TimeProvider time)
    : IDetachedRun, IHttpRequestLifetimeFeature
{
    // How often a run without followers of its own looks for those of other servers.
    private const int LooksPerLease = 3;

    // Whether changes of the topic concern the run.
    private const int Noting = 1;
    private const int Changed = 2;
    private const int Watched = 3;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _linger;
    private int _followers;
    private int _stopReason;
    private CancellationToken? _replacedToken;
    private int _watch;
    private bool _closed;

    public string Topic { get; } = topic;

    /// <summary>The pattern of the endpoint's route, for logs. Set before the handler starts.</summary>
    public string? Route { get; set; }

    /// <summary>The claim to the topic among servers, where several share the store. Set before the handler starts.</summary>
    public TopicLease? Lease { get; set; }

    /// <summary>
    /// The epoch of the log that the run feeds. What it sends late then meets no log of a newer run. Null where it has to be looked up.
    /// </summary>
    public string? Epoch { get; set; }

    /// <summary>Whether its log holds something of it, so that no other log can take that log's place.</summary>
    public bool HasRecorded { get; set; }

    /// <summary>Whether the last event of the handler's stream reports its failure.</summary>
    public bool IsFailureReported { get; private set; }

    /// <summary>Fires when the topic may be another server's. Never, where the store is one process's own.</summary>
    public CancellationToken Lost => Lease?.Lost ?? CancellationToken.None;

    /// <summary>What the run counts for besides the limit in all. Set before it takes its place.</summary>
    public (KeyLimit Limit, string Key)? LimitKey { get; set; }

    /// <summary>Whether the run holds a place under the limits. The lock of <see cref="ReplayRuns"/> guards it.</summary>
    public bool HoldsPlace { get; set; }

    public ReplayResponse Response { get; } = new();

    /// <summary>Completes when the handler is through and its topic is complete.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The handler's token. SseKit puts the one of the handler's stream in its place.</summary>
    public CancellationToken RequestAborted
    {
        get => _replacedToken ?? Stopping;
        set => _replacedToken = value;
    }

    /// <summary>Fires when the run is to stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    public RunStop StopReason => (RunStop)Volatile.Read(ref _stopReason);

    public bool IsStopped => StopReason != RunStop.None;

    /// <summary>Whether its topic has ended without it, so that nothing that it writes is recorded.</summary>
    public bool HasTopicEnded => StopReason is RunStop.Requested or RunStop.TopicCompleted or RunStop.TopicDeleted;

    /// <summary>Whether the topic is this run's to end.</summary>
    public bool FeedsStream => Response.IsKnownStream && !HasTopicEnded && Lease is not { IsLost: true };

    /// <summary>Whether the handler runs, so that the end of its topic concerns it.</summary>
    public bool IsWatched => Volatile.Read(ref _watch) == Watched;

    /// <summary>
    /// Reads the state of the topic, and returns when it is certain that no other run had a right to the topic at that moment.
    /// </summary>
    public async Task<SseTopicState> ReadStateAsync(ISseEventStore store, CancellationToken cancellationToken) => Lease is { } lease
        ? await lease.ReadStateAsync(store, cancellationToken)
        : await store.GetStateAsync(Topic, cancellationToken);

    /// <summary>Waits until an append deletes nothing that a reader has not received.</summary>
    /// <returns>False if the run was stopped meanwhile.</returns>
    public async ValueTask<bool> WaitForReadersAsync(int events, long bytes)
    {
        try
        {
            await pace.WaitAsync(events, bytes, IsReadElsewhereAsync, Stopping);
            return true;
        }
        catch (OperationCanceledException) when (IsStopped)
        {
            return false;
        }
    }

    /// <summary>Records an append.</summary>
    public void Appended(SsePosition latest, long bytes) => pace.Appended(latest.Sequence, bytes);

    public void ThrowIfLost() => Lost.ThrowIfCancellationRequested();

    public void OnFailureReported() => IsFailureReported = true;

    public void Abort() => Stop(RunStop.Aborted);

    /// <summary>The state of the topic is about to be read, before the handler begins. Later changes are noted.</summary>
    public void NoteChanges() => Volatile.Write(ref _watch, Noting);

    /// <summary>The topic may have changed.</summary>
    /// <returns>Whether the handler runs, so that the topic is to be read.</returns>
    public bool OnTopicChanged() => Interlocked.CompareExchange(ref _watch, Changed, Noting) == Watched;

    /// <summary>The handler begins.</summary>
    /// <returns>Whether the topic may have changed since it was read.</returns>
    public bool Begin() => Interlocked.Exchange(ref _watch, Watched) == Changed;

    /// <summary>The handler has returned.</summary>
    public void EndHandler() => Volatile.Write(ref _watch, 0);

    /// <summary>Fires the handler's token. The first reason stays.</summary>
    /// <returns>Whether this call has stopped the run.</returns>
    public bool Stop(RunStop reason)
    {
        if (Interlocked.CompareExchange(ref _stopReason, (int)reason, (int)RunStop.None) != (int)RunStop.None)
        {
            return false;
        }

        if (reason == RunStop.TopicCompleted)
        {
            Response.ShowStream();
        }

        _ = CancelAsync();
        return true;
    }

    public RunReader Join()
    {
        lock (_gate)
        {
            _followers++;
            _linger?.Dispose();
            _linger = null;
        }

        return pace.Join();
    }

    public void Leave(RunReader reader)
    {
        pace.Leave(reader);
        lock (_gate)
        {
            _followers--;
            LingerLocked(stopWithoutFollowersAfter);
        }
    }

    /// <summary>The run is over; nobody needs to stop it.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _linger?.Dispose();
            _linger = null;
        }

        _completion.TrySetResult();
    }

    /// <summary>Gets the number of this server's clients that follow the run.</summary>
    public int Followers
    {
        get
        {
            lock (_gate)
            {
                return _followers;
            }
        }
    }

    private void LingerLocked(TimeSpan duration)
    {
        if (_followers > 0 || _closed || stopWithoutFollowersAfter == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        // The timer belongs to the run, not to the request that left last.
        _linger?.Dispose();
        using (ExecutionContext.SuppressFlow())
        {
            _linger = time.CreateTimer(
                static run => _ = ((ReplayRun)run!).StopWithoutFollowersAsync(), this, duration, Timeout.InfiniteTimeSpan);
        }
    }

    private async ValueTask<bool> IsReadElsewhereAsync(CancellationToken cancellationToken) =>
        Lease is { } lease && await IsFollowedElsewhereAsync(lease);

    // A client may join meanwhile, here or at another server.
    private async Task StopWithoutFollowersAsync()
    {
        if (Followers == 0 && Lease is { } lease && await IsFollowedElsewhereAsync(lease))
        {
            lock (_gate)
            {
                LingerLocked(lease.Duration / LooksPerLease);
            }
        }
        else if (Followers == 0)
        {
            Stop(RunStop.WithoutFollowers);
        }
    }

    // Callbacks are code of the handler, and may throw.
    private async Task CancelAsync() => await _stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // A store that does not answer is asked again.
    private async Task<bool> IsFollowedElsewhereAsync(TopicLease lease)
    {
        try
        {
            return await lease.IsFollowedElsewhereAsync(Stopping);
        }
        catch (Exception)
        {
            return true;
        }
    }
}
