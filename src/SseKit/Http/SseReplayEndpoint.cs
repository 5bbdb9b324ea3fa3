using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Topics;

namespace SseKit.Http;

/// <summary>
/// Makes an endpoint resumable that knows nothing of it:
/// 1. find the topic, and the run that feeds it; start one where there is none;
/// 2. wait until the run shows what it answers: a stream, or something else, which goes to the client who started it;
/// 3. follow the topic, like every later client.
/// </summary>
internal sealed class SseReplayEndpoint(RequestDelegate handler, SseReplayMetadata replay)
{
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
            if (run is null && await MayRunAsync(context, store, topic))
            {
                body ??= await SseReplayBody.ReadAsync(context, replay.Options.MaxRequestBodySize);
                if (body is null)
                {
                    return;
                }

                (run, started) = runs.GetOrStart(context, body, topic, replay.Options, handler);
            }

            // Step 2: its answer.
            if (run is null || await AnswersWithStreamAsync(context, run, started))
            {
                await FollowAsync(context, topic, run);
                return;
            }

            if (started)
            {
                await SseReplayAnswer.CopyAsync(run.Response, context);
                return;
            }

            // Somebody else's request was refused, say. This one may fare otherwise.
            await run.Completion.WaitAsync(context.RequestAborted);
        }
    }

    private async Task<bool> MayRunAsync(HttpContext context, ISseEventStore store, string topic)
    {
        SseTopicState state = await store.GetStateAsync(topic, context.RequestAborted);
        if (state.Head.Sequence == 0 && state.Completion == SseTopicCompletion.Open)
        {
            return true;
        }

        if (state.Completion == SseTopicCompletion.Open)
        {
            // The process that ran it is gone. Nobody else will say so.
            await store.CompleteAsync(topic, SseTopicCompletion.Failed, context.RequestAborted);
            state = await store.GetStateAsync(topic, context.RequestAborted);
        }

        bool startsAnew = SseRequest.LastEventIdOfTopics(context.Request) is null;
        bool again = replay.Options.RunAgain switch
        {
            SseRunAgain.AfterEnd => true,
            SseRunAgain.AfterFailure => state.Completion == SseTopicCompletion.Failed,
            _ => false,
        };
        if (!startsAnew || !again)
        {
            return false;
        }

        await store.DeleteAsync(topic, context.RequestAborted);
        return true;
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
    private async Task FollowAsync(HttpContext context, string topic, SseReplayRun? run)
    {
        run?.Join();
        try
        {
            await SseResults.Follow(topic).StartAt(replay.Options.ReplayStart).ExecuteAsync(context);
        }
        finally
        {
            run?.Leave();
        }
    }
}
