using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Leases;
using SseKit.Stores;
using SseKit.Topics;
using SseKit.Topics.EventIds;

namespace SseKit.Replay;

/// <summary>
/// Decides whether a request may run its topic, and acquires what a run needs: the lease, if servers share the store, and a log that is
/// open and empty.
/// </summary>
internal sealed class ReplayClaim(HttpContext context, ReplayRuns runs, SseReplayOptions options, string topic, bool resumes)
{
    // How often a client's server checks whether a run on another server has opened its stream.
    private static readonly TimeSpan BeginningPause = TimeSpan.FromMilliseconds(200);

    private readonly Publisher _publisher = context.RequestServices.GetRequiredService<Publisher>();
    private readonly string? _lastEventId = StreamRequest.LastEventIdOfTopics(context.Request);

    // A request of another method, or one that resumes by an ordinal, never begins a run.
    private readonly bool _mayStart =
        !resumes && (options.StartMethods?.Any(method => HttpMethods.Equals(method, MethodOf(context.Request))) ?? true);

    public string Topic => topic;

    /// <summary>Gets the state of the topic when this claim last read it.</summary>
    public SseTopicState State { get; private set; }

    /// <summary>Reads the state of the topic, and acquires nothing.</summary>
    /// <returns>Whether the request may begin a run. Otherwise there is a topic to follow.</returns>
    public async Task<bool> CouldRunAsync()
    {
        State = await ReadStateAsync();
        bool runsElsewhere = !State.IsUnused && runs.Leases?.IsWatched(topic) == true;
        return State.Status == SseTopicStatus.Open ? !runsElsewhere : MayRunAgain(State.Status);
    }

    /// <summary>Whether there is no run and no topic, and the request may not begin a run. Acquires nothing.</summary>
    public async Task<bool> IsMissingAsync()
    {
        State = await ReadStateAsync();
        return State.IsUnused
            && !_mayStart
            && !(runs.Leases is { } leases && await leases.IsRunElsewhereAsync(topic, context.RequestAborted));
    }

    /// <summary>Acquires what the run needs.</summary>
    public async Task<ClaimResult> TryTakeAsync(ReplayRun run)
    {
        if (runs.Leases is { } leases)
        {
            if (State.IsUnused && ResultOfUnused() is var refusal and not ClaimResult.Taken)
            {
                return await FindElsewhereAsync(leases) ? ClaimResult.Follow : refusal;
            }

            run.Lease = await AcquireAsync(leases);
            if (run.Lease is null)
            {
                return ClaimResult.Follow;
            }
        }

        return await TryMakeRoomAsync(run);
    }

    /// <summary>Releases what was acquired for a run that does not start.</summary>
    public static Task GiveBackAsync(ReplayRun run) => run.Lease?.ReleaseAsync() ?? Task.CompletedTask;

    // Null if another server runs the topic and there is a stream to follow. Until that run has opened a stream, its response may be none,
    // and then this server's client runs the topic.
    private async Task<TopicLease?> AcquireAsync(TopicLeases leases)
    {
        TopicLease? lease;
        do
        {
            lease = await leases.TryAcquireAsync(topic, options.LeaseDuration, context.RequestAborted);
        }
        while (lease is null && !await HasBegunAsync());

        return lease;
    }

    // For a request that must not begin a run: whether another server runs the topic. Nothing is taken.
    private async Task<bool> FindElsewhereAsync(TopicLeases leases)
    {
        bool isRun;
        do
        {
            isRun = await leases.IsRunElsewhereAsync(topic, context.RequestAborted);
        }
        while (!await HasBegunAsync(waits: isRun) && isRun);

        return !State.IsUnused || isRun;
    }

    // Whether there is something to follow. If not, returns after a pause.
    private async Task<bool> HasBegunAsync(bool waits = true)
    {
        StreamRuntime runtime = StreamRuntimes.For(context.RequestServices);
        State = await ReadStateAsync();
        if (!State.IsUnused || context.RequestAborted.IsCancellationRequested)
        {
            return true;
        }

        if (waits)
        {
            await Task.Delay(BeginningPause, runtime.Time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    // The limit is checked before anything is changed for the run, and after it is certain that there is none to follow (I10).
    private async Task<ClaimResult> TryMakeRoomAsync(ReplayRun run)
    {
        run.NoteChanges();
        State = await run.ReadStateAsync(_publisher.Store, context.RequestAborted);
        if (State.IsUnused)
        {
            run.Latest = State.Beginning;
            return ResultOfUnused() is var result and not ClaimResult.Taken ? result : Admit(run);
        }

        if (State.Status == SseTopicStatus.Open)
        {
            // The process that ran it has ended, so no other code will mark it.
            await _publisher.CompleteAsync(topic, SseTopicStatus.Failed, State.Beginning, context.RequestAborted);
            State = await run.ReadStateAsync(_publisher.Store, context.RequestAborted);
        }

        if (!MayRunAgain(State.Status))
        {
            return ClaimResult.Follow;
        }

        if (Admit(run) == ClaimResult.Rejected)
        {
            return ClaimResult.Rejected;
        }

        await _publisher.DeleteAsync(topic, State.Latest.Epoch, context.RequestAborted);
        run.NoteChanges();
        run.Latest = (await run.ReadStateAsync(_publisher.Store, context.RequestAborted)).Beginning;
        return ClaimResult.Taken;
    }

    // HEAD is answered as GET would be.
    private static string MethodOf(HttpRequest request) => HttpMethods.IsHead(request.Method) ? HttpMethods.Get : request.Method;

    private ValueTask<SseTopicState> ReadStateAsync() => _publisher.Store.GetStateAsync(topic, context.RequestAborted);

    private ClaimResult Admit(ReplayRun run) => runs.TryAdmit(run) ? ClaimResult.Taken : ClaimResult.Rejected;

    // An id of another log belongs to a lost run, which may have had effects. An id of the unused log is of a page that was rendered before
    // the run, unless the loss was reported with it.
    private ClaimResult ResultOfUnused()
    {
        if (!_mayStart)
        {
            return ClaimResult.Missing;
        }

        if (_lastEventId is null)
        {
            return ClaimResult.Taken;
        }

        bool isKnown = ResumePosition.Positions([topic], [State], _lastEventId)[0] != ResumePosition.Unknown;
        return !ResumePosition.HasSeenFailure(_lastEventId) && (isKnown || options.RerunPolicy == SseRerunPolicy.AfterEnd)
            ? ClaimResult.Taken
            : ClaimResult.Lost;
    }

    private bool MayRunAgain(SseTopicStatus status) =>
        _mayStart
        && _lastEventId is null
        && options.RerunPolicy switch
        {
            SseRerunPolicy.AfterEnd => true,
            SseRerunPolicy.AfterFailure => status is SseTopicStatus.Failed or SseTopicStatus.FailureReported,
            _ => false,
        };
}

/// <summary>The result of a claim.</summary>
internal enum ClaimResult
{
    /// <summary>The run has what it needs, and the topic's log is open and empty.</summary>
    Taken,

    /// <summary>There is a topic to follow instead.</summary>
    Follow,

    /// <summary>A limit of runs is reached.</summary>
    Rejected,

    /// <summary>There is no run, and the request may not begin one.</summary>
    Missing,

    /// <summary>The run of the client's last event id is lost, and must not run again for it.</summary>
    Lost,
}
