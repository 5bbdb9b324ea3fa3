using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Replay.Filters;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// One client's request for a resumable endpoint:
/// 1. find the topic, and the run that feeds it, here or on another server; start one if there is none;
/// 2. wait until the run shows what it answers: a stream, or something else;
/// 3. answer the client, with a stream that follows the topic or with the run's other answer.
/// </summary>
internal sealed class ReplayRequest(HttpContext context, ReplayEndpoint endpoint, byte[] body) : IReplayClient, IDisposable
{
    private ReplayRun? _joined;
    private bool _started;
    private IDisposable? _watch;

    public object?[]? Bound { get; set; }

    private SseReplayOptions Options => endpoint.Replay.Options;

    public async Task<IResult> ServeAsync(Dictionary<int, object?> arguments)
    {
        string topic = await endpoint.Replay.Topic(context);
        TopicName.Check(topic, nameof(topic));
        ReplayRuns runs = context.RequestServices.GetService<ReplayRuns>()
            ?? throw new InvalidOperationException("WithSseReplay needs the SseKit services. Call builder.Services.AddSse() first.");
        var claim = new ReplayClaim(context, runs, Options, topic);
        while (true)
        {
            // Step 1: the run.
            ReplayRun? run = runs.Find(topic);
            bool open = false;
            if (run is null)
            {
                if (await StoreQuery.TryAskAsync(context, claim.CouldRunAsync) is not { } could)
                {
                    return Results.Empty;
                }

                open = could;
                if (could && runs.Leases?.IsWatched(topic) != true)
                {
                    (run, bool reserved) = runs.FindOrReserve(topic, Options);
                    if (reserved)
                    {
                        if (await StoreQuery.TryAskAsync(context, () => TryStartAsync(runs, claim, run, arguments)) is not { } started)
                        {
                            return Results.Empty;
                        }

                        _started = started;
                        run = started ? run : null;
                    }
                }
            }

            // Steps 2 and 3.
            if (run is null)
            {
                _watch = open ? runs.Leases?.WatchOver(topic, Options.LeaseDuration, Options.StopWithoutFollowersAfter) : null;
                return Follow(topic);
            }

            if (await TryAnswerAsync(run) is { } answer)
            {
                return answer;
            }

            // The run of another request has failed before its first byte. This request may start one of its own.
            await run.Completion.WaitAsync(context.RequestAborted);
        }
    }

    /// <summary>Leaves the run. Called when the client's response is over.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        _joined?.Leave();
        if (_started)
        {
            _ = _joined!.Response.DropAnswerAsync();
        }
    }

    // The place of the run is taken, so no other request of this process decides about the topic now.
    private async Task<bool> TryStartAsync(ReplayRuns runs, ReplayClaim claim, ReplayRun run, Dictionary<int, object?> arguments)
    {
        bool started = false;
        try
        {
            if (await claim.TryTakeAsync(run))
            {
                run.Arguments = arguments;
                runs.Start(run, context, body, endpoint.Run);
                started = true;
            }
        }
        finally
        {
            if (!started)
            {
                await ReplayClaim.GiveBackAsync(run);
                runs.Withdraw(run);
            }
        }

        return started;
    }

    // Step 2. Null if the run has no answer for this client.
    private async Task<IResult?> TryAnswerAsync(ReplayRun run)
    {
        run.Join();
        _joined = run;
        if (await AnswersWithStreamAsync(run))
        {
            return Follow(run.Topic);
        }

        if (_started)
        {
            return new ReplayAnswer(run.Response);
        }

        _joined = null;
        run.Leave();
        return null;
    }

    private async Task<bool> AnswersWithStreamAsync(ReplayRun run)
    {
        try
        {
            return await run.Response.IsStream.WaitAsync(context.RequestAborted);
        }
        catch (Exception) when (!_started && !context.RequestAborted.IsCancellationRequested)
        {
            return false;
        }
    }

    private SseFollowResult Follow(string topic)
    {
        var options = new SseFollowOptions { StartAt = Options.ReplayStart, PlainStream = Options.PlainStream };
        return new SseFollowResult([topic], options, hasTerminator: true);
    }
}
