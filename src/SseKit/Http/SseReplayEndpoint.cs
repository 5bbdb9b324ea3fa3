using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Topics;

namespace SseKit.Http;

/// <summary>
/// Makes an endpoint resumable that knows nothing of it:
/// 1. find the topic, and the run that feeds it, here or on another server; start one where there is none;
/// 2. wait until the run shows what it answers: a stream, or something else, which goes to the client who started it;
/// 3. follow the topic, like every later client.
/// </summary>
internal sealed partial class SseReplayEndpoint(RequestDelegate handler, SseReplayMetadata replay)
{
    // How often a client's server looks whether a run elsewhere has begun to say something.
    private static readonly TimeSpan BeginningPause = TimeSpan.FromMilliseconds(200);

    public static void Wrap(EndpointBuilder builder, SseReplayMetadata replay)
    {
        SseEndpoint.ApplyTyped(builder);
        builder.RequestDelegate = new SseReplayEndpoint(builder.RequestDelegate!, replay).InvokeAsync;
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
        string topic = replay.Topic(context);
        SseTopicName.Check(topic, nameof(topic));
        SseReplayRuns runs = context.RequestServices.GetService<SseReplayRuns>()
            ?? throw new InvalidOperationException("WithSseReplay needs the SseKit services. Call builder.Services.AddSse() first.");
        ISseEventStore store = context.RequestServices.GetRequiredService<ISseEventStore>();
        byte[]? body = null;
        while (true)
        {
            // Step 1: the run.
            SseReplayRun? run = runs.Find(topic);
            bool started = false;
            bool open = false;
            if (run is null)
            {
                if (await TryAskAsync(context, () => CouldRunAsync(context, store, topic)) is not { } could)
                {
                    return;
                }

                open = could;
                if (could && runs.Leases?.IsWatched(topic) != true)
                {
                    // Read before a place is taken: a client that is slow to send it holds nobody up.
                    body ??= await SseReplayBody.ReadAsync(context, replay.Options.MaxRequestBodySize);
                    if (body is null)
                    {
                        return;
                    }

                    (run, bool reserved) = runs.FindOrReserve(topic, replay.Options);
                    if (reserved)
                    {
                        if (await TryAskAsync(context, () => TryStartAsync(context, store, runs, run, body)) is not { } running)
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
                using IDisposable? watch = open ? runs.Leases?.WatchOver(topic, replay.Options.LeaseDuration) : null;
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

    // Null where the store is out of order; the client has been told to come back then. No error status: an EventSource would give up for good.
    private static async Task<bool?> TryAskAsync(HttpContext context, Func<Task<bool>> question)
    {
        try
        {
            return await question();
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            SseRuntime runtime = SseRuntimes.For(context.RequestServices);
            Log.StoreFailed(runtime.Logger, exception);
            TimeSpan retry = SseEndpointSettings.Of(context, runtime).Connection.Options.OverloadRetry;
            await SseRefusedResponse.WriteAsync(
                context, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), SseRetryFrame.Jitter(retry));
            return null;
        }
    }

    private async Task<bool> CouldRunAsync(HttpContext context, ISseEventStore store, string topic)
    {
        SseTopicState state = await store.GetStateAsync(topic, context.RequestAborted);
        return state.Completion == SseTopicCompletion.Open || MayRunAgain(context, state.Completion);
    }

    // The place of the run is taken, so nobody else in this process decides about the topic now.
    private async Task<bool> TryStartAsync(HttpContext context, ISseEventStore store, SseReplayRuns runs, SseReplayRun run, byte[] body)
    {
        bool started = false;
        SseReplayLease? lease = null;
        try
        {
            if (runs.Leases is { } leases)
            {
                lease = await AcquireAsync(context, store, leases, run.Topic);
            }

            if ((lease is not null || runs.Leases is null) && await MayRunAsync(context, store, run.Topic))
            {
                run.Lease = lease;
                runs.Start(run, context, body, handler);
                started = true;
            }
        }
        finally
        {
            if (!started)
            {
                await (lease?.ReleaseAsync() ?? Task.CompletedTask);
                runs.Withdraw(run);
            }
        }

        return started;
    }

    // Null where another server runs the topic and there is something to follow. As long as that run says nothing, it may turn out to be no stream, and then this
    // server's client is to run it.
    private async Task<SseReplayLease?> AcquireAsync(HttpContext context, ISseEventStore store, SseReplayLeases leases, string topic)
    {
        SseRuntime runtime = SseRuntimes.For(context.RequestServices);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, runtime.Stopping);
        while (true)
        {
            if (await leases.TryAcquireAsync(topic, replay.Options.LeaseDuration, context.RequestAborted) is { } lease)
            {
                return lease;
            }

            SseTopicState state = await store.GetStateAsync(topic, context.RequestAborted);
            if (state.Head.Sequence > 0 || state.Completion != SseTopicCompletion.Open || runtime.Stopping.IsCancellationRequested)
            {
                return null;
            }

            await Task.Delay(BeginningPause, runtime.Time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> MayRunAsync(HttpContext context, ISseEventStore store, string topic)
    {
        SsePublisher publisher = context.RequestServices.GetRequiredService<SsePublisher>();
        SseTopicState state = await store.GetStateAsync(topic, context.RequestAborted);
        if (state.Head.Sequence == 0 && state.Completion == SseTopicCompletion.Open)
        {
            return true;
        }

        SseTopicCompletion completion = state.Completion;
        if (completion == SseTopicCompletion.Open)
        {
            // The process that ran it is gone. Nobody else will say so.
            await publisher.CompleteAsync(topic, SseTopicCompletion.Failed, context.RequestAborted);
            completion = SseTopicCompletion.Failed;
        }

        if (!MayRunAgain(context, completion))
        {
            return false;
        }

        await publisher.DeleteAsync(topic, context.RequestAborted);
        return true;
    }

    private bool MayRunAgain(HttpContext context, SseTopicCompletion completion) =>
        SseRequest.LastEventIdOfTopics(context.Request) is null
        && replay.Options.RunAgain switch
        {
            SseRunAgain.AfterEnd => true,
            SseRunAgain.AfterFailure => completion == SseTopicCompletion.Failed,
            _ => false,
        };

    private async Task<bool> TryServeFromAsync(HttpContext context, SseReplayRun run, bool started)
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
                await SseReplayAnswer.CopyAsync(run.Response, context);
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

    private static async Task<bool> AnswersWithStreamAsync(HttpContext context, SseReplayRun run, bool started)
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
        SseFollowResult result = SseResults.Follow(topic).StartAt(replay.Options.ReplayStart).WithTerminatorInTopic();
        return (replay.Options.PlainStream ? result.AsPlainStream() : result).ExecuteAsync(context);
    }

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.ReplayStoreFailed, LogLevel.Warning, "The event store failed; a client was told to come back later.")]
        public static partial void StoreFailed(ILogger logger, Exception exception);
    }
}
