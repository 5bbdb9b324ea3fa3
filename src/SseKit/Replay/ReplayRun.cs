using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Leases;
using SseKit.Stores;

namespace SseKit.Replay;

/// <summary>
/// One run of a handler, for a topic, independent of its clients. The run ends when the handler returns, and is stopped for the reasons of
/// <see cref="RunStop"/>.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "The token source has no timer and no parent; the timer is disposed when the run is over.")]
internal sealed partial class ReplayRun(string topic, RunPace pace, int maxEventSize, TimeSpan stopWithoutFollowersAfter, TimeProvider time)
    : IDetachedRun, IHttpRequestLifetimeFeature
{
    // Whether changes of the topic concern the run.
    private const int Noting = 1;
    private const int Changed = 2;
    private const int Watched = 3;
    private const int Ended = 4;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stopReason;
    private CancellationToken? _replacedToken;
    private int _watch;
    private bool _closed;

    public string Topic { get; } = topic;

    /// <summary>The most bytes of an event's data, as the endpoint's options have it.</summary>
    public int MaxEventSize { get; } = maxEventSize;

    /// <summary>The pattern of the endpoint's route, for logs. Set before the handler starts.</summary>
    public string? Route { get; set; }

    /// <summary>The lease of the topic, if several servers share the store. Set before the handler starts.</summary>
    public TopicLease? Lease { get; set; }

    /// <summary>
    /// The position of the last event that the run has appended, sequence 0 if there is none. Its epoch keeps late writes from the log of a
    /// newer run. Null if it must be read first.
    /// </summary>
    public SsePosition? Latest
    {
        get
        {
            lock (_gate)
            {
                return field;
            }
        }

        set
        {
            lock (_gate)
            {
                field = value;
            }
        }
    }

    /// <summary>The sequence of <see cref="Latest"/>; 0 if there is none.</summary>
    public long LastSequence => Latest?.Sequence ?? 0;

    /// <summary>Whether its log has events of the run, so that no other log can replace it unnoticed.</summary>
    public bool HasRecorded { get; set; }

    /// <summary>Completes when what the handler has written is recorded. Set before the handler starts.</summary>
    public Task Recording { get; set; } = Task.CompletedTask;

    /// <summary>Whether the last event of the handler's stream reports its failure.</summary>
    public bool IsFailureReported { get; private set; }

    /// <summary>Fires when another server may run the topic. Never if the store belongs to one process.</summary>
    public CancellationToken Lost => Lease?.Lost ?? CancellationToken.None;

    /// <summary>The key for which the run counts besides the total limit. Set before the run is counted.</summary>
    public (KeyLimit Limit, string Key)? LimitKey { get; set; }

    /// <summary>Whether the run counts under the limits. The lock of <see cref="ReplayRuns"/> guards it.</summary>
    public bool HoldsPlace { get; set; }

    public ReplayResponse Response { get; } = new();

    /// <summary>Completes when the handler has returned and its topic is complete.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The handler's token. SseKit replaces it by the token of the handler's stream.</summary>
    public CancellationToken RequestAborted
    {
        get => _replacedToken ?? Stopping;
        set => _replacedToken = value;
    }

    /// <summary>Fires when the run is stopped.</summary>
    public CancellationToken Stopping => _stop.Token;

    public RunStop StopReason => (RunStop)Volatile.Read(ref _stopReason);

    public bool IsStopped => StopReason != RunStop.None;

    /// <summary>Whether its topic was ended by other code, so that no further event is recorded.</summary>
    public bool HasTopicEnded => StopReason is RunStop.Requested or RunStop.TopicCompleted or RunStop.TopicDeleted;

    /// <summary>Whether this run must end the topic.</summary>
    public bool FeedsStream => Response.IsKnownStream && !HasTopicEnded && Lease is not { IsLost: true };

    /// <summary>Whether the handler was started, and is not only about to be.</summary>
    public bool HasBegun => Volatile.Read(ref _watch) >= Watched;

    /// <summary>When the handler was started. Valid if it has begun.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>Whether the handler runs, so that the end of its topic must stop it.</summary>
    public bool IsWatched => Volatile.Read(ref _watch) == Watched;

    /// <summary>
    /// Reads the state of the topic, and returns when it is certain that no other run had a right to the topic at that moment.
    /// </summary>
    public async Task<SseTopicState> ReadStateAsync(ISseEventStore store, CancellationToken cancellationToken) => Lease is { } lease
        ? await lease.ReadStateAsync(store, cancellationToken)
        : await store.GetStateAsync(Topic, cancellationToken);

    /// <summary>Waits until an append deletes nothing that a reader has not received, or the run is stopped.</summary>
    public async ValueTask WaitForReadersAsync(int events, long bytes)
    {
        try
        {
            await pace.WaitAsync(events, bytes, IsReadElsewhereAsync, Stopping);
        }
        catch (OperationCanceledException) when (IsStopped)
        {
            // What the handler wrote before it was stopped is recorded too.
        }
    }

    /// <summary>Gets the largest page of events that is appended at once.</summary>
    public RunPageBounds PageBounds => pace.PageBounds;

    /// <summary>Records an append.</summary>
    public void Appended(SsePosition latest, long bytes)
    {
        Latest = latest;
        pace.Appended(latest.Sequence, bytes);
    }

    /// <summary>The log has continued under another epoch, or has lost events, unless an append has moved the position meanwhile.</summary>
    public void Continue(SsePosition from, SsePosition to)
    {
        lock (_gate)
        {
            Latest = Latest == from ? to : Latest;
        }
    }

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
    public bool Begin()
    {
        StartedAt = time.GetUtcNow();
        return Interlocked.Exchange(ref _watch, Watched) == Changed;
    }

    /// <summary>The handler has returned.</summary>
    public void EndHandler() => Volatile.Write(ref _watch, Ended);

    /// <summary>Fires the handler's token. The first reason stays.</summary>
    /// <returns>Whether this call has stopped the run.</returns>
    public bool Stop(RunStop reason)
    {
        if (Interlocked.CompareExchange(ref _stopReason, (int)reason, (int)RunStop.None) != (int)RunStop.None)
        {
            return false;
        }

        if (reason == RunStop.Requested)
        {
            // The recording ends with what the handler has written by now.
            Response.Reader.CancelPendingRead();
        }
        else if (reason == RunStop.TopicCompleted)
        {
            Response.ShowStream();
        }

        _ = CancelAsync();
        return true;
    }

    /// <summary>Ends the run; from now on a stop does nothing.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _stopTimer?.Dispose();
            _stopTimer = null;
        }

        _completion.TrySetResult();
    }

    // Callbacks are code of the handler, and may throw.
    private async Task CancelAsync() => await _stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
