using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Endpoints.Mapping;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// Makes an endpoint resumable that knows nothing of it:
/// 1. find the topic, and the run that feeds it, here or on another server; start one where there is none;
/// 2. wait until the run shows what it answers: a stream, or something else, which goes to the client who started it;
/// 3. follow the topic, like every later client.
/// </summary>
internal sealed class ReplayEndpoint(RequestDelegate handler, ReplayMetadata replay)
{
    public static void Wrap(EndpointBuilder builder, ReplayMetadata replay)
    {
        StreamEndpoint.ApplyTyped(builder);
        builder.RequestDelegate = new ReplayEndpoint(builder.RequestDelegate!, replay).InvokeAsync;
    }

    private async Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            await handler(context);
            return;
        }

        try
        {
            await ServeAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left before it had an answer. (I7)
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        string topic = await replay.Topic(context);
        TopicName.Check(topic, nameof(topic));
        ReplayRuns runs = context.RequestServices.GetService<ReplayRuns>()
            ?? throw new InvalidOperationException("WithSseReplay needs the SseKit services. Call builder.Services.AddSse() first.");
        var claim = new ReplayClaim(context, runs, replay.Options, topic);
        byte[]? body = null;
        while (true)
        {
            // Step 1: the run.
            ReplayRun? run = runs.Find(topic);
            bool started = false;
            bool open = false;
            if (run is null)
            {
                if (await StoreQuery.TryAskAsync(context, claim.CouldRunAsync) is not { } could)
                {
                    return;
                }

                open = could;
                if (could && runs.Leases?.IsWatched(topic) != true)
                {
                    // Read before a place is taken: a client that is slow to send it holds nobody up.
                    body ??= await ReplayBody.ReadAsync(context, replay.Options.MaxRequestBodySize);
                    if (body is null)
                    {
                        return;
                    }

                    (run, bool reserved) = runs.FindOrReserve(topic, replay.Options);
                    if (reserved)
                    {
                        if (await StoreQuery.TryAskAsync(context, () => TryStartAsync(context, runs, claim, run, body)) is not { } running)
                        {
                            return;
                        }

                        started = running;
                        run = running ? run : null;
                    }
                }
            }

            // Steps 2 and 3.
            if (run is null)
            {
                using IDisposable? watch = open
                    ? runs.Leases?.WatchOver(topic, replay.Options.LeaseDuration, replay.Options.StopWithoutFollowersAfter)
                    : null;
                await FollowAsync(context, topic);
                return;
            }

            if (await TryServeFromAsync(context, run, started))
            {
                return;
            }

            // Somebody else's request was refused, say. This one may fare otherwise.
            await run.Completion.WaitAsync(context.RequestAborted);
        }
    }

    // The place of the run is taken, so nobody else in this process decides about the topic now.
    private async Task<bool> TryStartAsync(HttpContext context, ReplayRuns runs, ReplayClaim claim, ReplayRun run, byte[] body)
    {
        bool started = false;
        try
        {
            if (await claim.TryTakeAsync(run))
            {
                runs.Start(run, context, body, handler);
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

    private async Task<bool> TryServeFromAsync(HttpContext context, ReplayRun run, bool started)
    {
        run.Join();
        try
        {
            // Step 2: its answer.
            if (await AnswersWithStreamAsync(context, run, started))
            {
                await FollowAsync(context, run.Topic);
                return true;
            }

            if (started)
            {
                await ReplayAnswer.CopyAsync(run.Response, context);
            }

            return started;
        }
        finally
        {
            run.Leave();
            if (started)
            {
                _ = run.Response.DropAnswerAsync();
            }
        }
    }

    private static async Task<bool> AnswersWithStreamAsync(HttpContext context, ReplayRun run, bool started)
    {
        try
        {
            return await run.Response.IsStream.WaitAsync(context.RequestAborted);
        }
        catch (Exception) when (!started && !context.RequestAborted.IsCancellationRequested)
        {
            return false;
        }
    }

    // Step 3.
    private Task FollowAsync(HttpContext context, string topic)
    {
        var options = new SseFollowOptions { StartAt = replay.Options.ReplayStart, PlainStream = replay.Options.PlainStream };
        return new SseFollowResult([topic], options, hasTerminator: true).ExecuteAsync(context);
    }
}

/// <summary>The topic of an endpoint that became resumable, and its options.</summary>
internal sealed record ReplayMetadata(Func<HttpContext, ValueTask<string>> Topic, SseReplayOptions Options);
