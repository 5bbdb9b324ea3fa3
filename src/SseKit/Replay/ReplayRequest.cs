using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Endpoints;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Filters;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// One client's request for a resumable endpoint:
/// 1. find the topic, and admit the client under the connection limits;
/// 2. find the run of the topic, here or on another server; start one if there is none;
/// 3. wait until the run's response is known to be a stream or not;
/// 4. answer the client, with a stream that follows the topic or with the run's response.
/// HEAD begins no run and waits for none (I10): it is answered after the search for a run.
/// </summary>
internal sealed partial class ReplayRequest(HttpContext context, ReplayEndpoint endpoint, byte[] body) : IReplayClient, IDisposable
{
    private RequestedStart _start;
    private ReplayRun? _joined;
    private RunReader? _reader;
    private bool _started;
    private IDisposable? _watch;

    public object?[]? Bound { get; set; }

    private SseReplayOptions Options => endpoint.Replay.Options;

    public async Task<IResult> ServeAsync(Dictionary<int, object?> arguments)
    {
        if (await FindTopicAsync() is not { } topic)
        {
            return Refuse();
        }

        _start = RequestedStart.Read(context, Options);
        if (_start.Refusal is { } refusal)
        {
            return refusal;
        }

        // Step 1: the limits are checked first. A rejected client begins no run and causes no read of the store (I10).
        HttpEventStream stream = HttpEventStream.Of(context);
        if (await stream.Connection.AdmitAsync() != RejectionReason.None)
        {
            await stream.TryOpenAsync();
            return Results.Empty;
        }

        ReplayRuns runs = context.RequestServices.GetService<ReplayRuns>()
            ?? throw new InvalidOperationException("WithSseReplay needs the SseKit services. Call builder.Services.AddSse() first.");
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return await AnswerHeadAsync(runs, topic, stream);
        }

        while (true)
        {
            // Step 2: the run.
            (ReplayRun? run, IResult? answer) = runs.Find(topic) is { HasTopicEnded: false } active
                ? (active, null)
                : await FindOrStartAsync(runs, topic, stream.Connection, arguments);

            // Steps 3 and 4.
            if (run is not null && (_started || !run.HasTopicEnded))
            {
                answer = await TryAnswerAsync(run);
            }

            if (answer is not null)
            {
                return answer;
            }

            // The run of another request has failed before its first byte, or its topic has ended. This request may start another run.
            await run!.Completion.WaitAsync(context.RequestAborted);
        }
    }

    /// <summary>Leaves the run. Called when the client's response is over.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        _joined?.Leave(_reader!);
        if (_started)
        {
            _ = _joined!.Response.Answer.LeaveAsync();
        }
    }

    // Null if the request has no topic. Binding has read the body before, and other code may read it afterwards.
    private async ValueTask<string?> FindTopicAsync()
    {
        Rewind();
        string? topic = await endpoint.Replay.Topic(context);
        Rewind();
        return TopicName.IsValid(topic) ? topic : null;
    }

    private void Rewind() => context.Request.Body = new MemoryStream(body, writable: false);

    private ProblemHttpResult Refuse()
    {
        StreamRuntime runtime = StreamRuntimes.For(context.RequestServices);
        Log.NoTopic(runtime.Logger, EndpointSettings.RouteOf(context));
        return TypedResults.Problem(
            "The endpoint found no valid topic for this request.", statusCode: StatusCodes.Status400BadRequest, title: "No topic");
    }

    // What the run's handler would set is unknown before the run.
    private async Task<IResult> AnswerHeadAsync(ReplayRuns runs, string topic, HttpEventStream stream)
    {
        var claim = new ReplayClaim(context, runs, Options, topic, resumes: _start.Start is not null);
        bool isFound = runs.Find(topic) is { HasTopicEnded: false };
        if (!isFound && await StoreQuery.TryAskAsync(context, claim.IsMissingAsync) is var missing and not false)
        {
            return missing is null ? Results.Empty : AnswerMissing(stream.Connection);
        }

        await stream.TryOpenAsync();
        return Results.Empty;
    }

    // Step 2. Returns a run of this process, or the response for a client without one.
    private async Task<(ReplayRun? Run, IResult? Answer)> FindOrStartAsync(
        ReplayRuns runs, string topic, StreamConnection connection, Dictionary<int, object?> arguments)
    {
        var claim = new ReplayClaim(context, runs, Options, topic, resumes: _start.Start is not null);
        if (await StoreQuery.TryAskAsync(context, claim.CouldRunAsync) is not { } couldRun)
        {
            return (null, Results.Empty);
        }

        if (!couldRun)
        {
            return (null, await FollowElsewhereAsync(runs, claim));
        }

        (ReplayRun run, bool reserved) = runs.FindOrReserve(topic, Options, connection);
        if (!reserved)
        {
            return (run, null);
        }

        switch (await TryStartAsync(runs, claim, run, arguments))
        {
            case ClaimResult.Taken:
                _started = true;
                return (run, null);
            case ClaimResult.Follow:
                return (null, await FollowElsewhereAsync(runs, claim));
            case ClaimResult.Rejected:
                await connection.RejectAsync();
                return (null, Results.Empty);
            case ClaimResult.Missing:
                return (null, AnswerMissing(connection));
            case ClaimResult.Lost:
                return (null, new LostRunResult(topic, claim.State, Options.Format));
            default:
                return (null, Results.Empty);
        }
    }

    // The run is reserved, so no other request of this process decides about the topic now. Null if the store is unavailable.
    private async Task<ClaimResult?> TryStartAsync(ReplayRuns runs, ReplayClaim claim, ReplayRun run, Dictionary<int, object?> arguments)
    {
        bool started = false;
        try
        {
            run.Route = EndpointSettings.RouteOf(context);
            run.LimitKey = RunLimitMetadata.KeyOf(context);
            ClaimResult? claimed = await StoreQuery.TryAskAsync(context, () => claim.TryTakeAsync(run));
            if (claimed == ClaimResult.Taken)
            {
                IFormFeature? form = await DetachedForm.CopyAsync(context, context.RequestAborted);
                await runs.StartAsync(run, context, new RunRequest(body, form, arguments), endpoint.Run, Options);
                started = true;
            }

            return claimed;
        }
        finally
        {
            if (!started)
            {
                await ReplayClaim.GiveBackAsync(run);
                runs.Withdraw(run);
            }
        }
    }

    // Step 3. Null if the run has no response for this client.
    private async Task<IResult?> TryAnswerAsync(ReplayRun run)
    {
        _reader = run.Join();
        _joined = run;
        if (await run.Response.IsStreamForAsync(_started, context.RequestAborted))
        {
            run.Response.CopyHeadTo(context.Response, _started);

            // Without a head the log was ended by the app, and begins with an event.
            return Follow(run.Topic, run.Response.Head is null ? 0 : RunHead.ControlEntries, IsNewTo(run));
        }

        if (_started)
        {
            return new RunAnswerResult(run.Response.Answer);
        }

        if (await run.Response.Answer.Copy.WaitAsync(context.RequestAborted) is { } copy)
        {
            return new RunAnswerResult(run.Response.Answer, copy);
        }

        _joined = null;
        run.Leave(_reader);
        return null;
    }

    // It gets a stream, even if the run has ended without events meanwhile. Without a head there is none to open.
    private bool IsNewTo(ReplayRun run) =>
        run.Response.Head is not null && _start.Start is null && StreamRequest.LastEventIdOfTopics(context.Request) is null;

    // A run on another server is watched as long as the client follows it. Its head is in the topic's log, as that of a run that is over.
    private async Task<IResult> FollowElsewhereAsync(ReplayRuns runs, ReplayClaim claim)
    {
        ISseEventStore store = context.RequestServices.GetRequiredService<TopicServices>().Store;
        RunHead? head = null;
        long controlEntries = 0;
        if (await StoreQuery.TryAskAsync(context, ReadHeadAsync) is null)
        {
            return Results.Empty;
        }

        head?.CopyTo(context.Response);
        _watch = claim.State.Status == SseTopicStatus.Open
            ? runs.Leases?.WatchOver(claim.Topic, Options.LeaseDuration, Options.StopWithoutFollowersAfter)
            : null;
        return Follow(claim.Topic, controlEntries, alwaysOpens: false);

        async Task<bool> ReadHeadAsync()
        {
            (head, controlEntries) = await RunHead.ReadAsync(store, claim.Topic, context.RequestAborted);
            return true;
        }
    }

    private IResult AnswerMissing(StreamConnection connection)
    {
        if (Options.MissingRun == SseMissingRun.NoContent)
        {
            connection.AnswerComplete();
            return Results.Empty;
        }

        // The run may begin at any time.
        context.Response.Headers.CacheControl = StreamHeaders.CacheControl;
        return TypedResults.Problem(
            "No run writes the topic of this request, and the store does not hold the topic.",
            statusCode: StatusCodes.Status404NotFound,
            title: "No run");
    }

    private SseFollowResult Follow(string topic, long controlEntries, bool alwaysOpens)
    {
        // A run's log begins with the run, so events that are missing at its beginning have expired: a gap (I5).
        SseReplayStart start = _start.Start ?? Options.ReplayStart;
        start = start == SseReplayStart.Earliest ? SseReplayStart.After(0) : start;
        var options = new SseFollowOptions { StartAt = start, Format = Options.Format };
        var run = new FollowedRun(controlEntries, alwaysOpens, Options.TailIndexHeader, _reader);
        return new SseFollowResult([topic], options, run);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.TopicRefused,
            LogLevel.Information,
            "A request for {Route} was refused with status 400: its topic is empty or longer than 256 characters.")]
        public static partial void NoTopic(ILogger logger, string? route);
    }
}
