using System.Collections.Concurrent;
using ChatStreaming.Llm;
using Microsoft.Extensions.AI;
using SseKit;

namespace ChatStreaming.Chats;

/// <summary>
/// Writes answers, one at a time for each chat. An answer belongs to no request: pages come and go, and it is written on until it ends, somebody stops it,
/// or the host stops.
/// </summary>
internal sealed class Answers(
    ChatLog log, ISsePublisher publisher, IChatClient model, ModelInfo info, TimeProvider time, IHostApplicationLifetime host, ILogger<Answers> logger) : IHostedService
{
    /// <summary>Text waits at most this long for more, so that a fast model does not make an event of each token.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(40);

    private readonly ConcurrentDictionary<ChatKey, AnswerRun> _running = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The host that stops interrupts the answers that are being written; waits until the log has it. After a crash, whoever looks first marks them.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_running.Values.Select(static run => run.Ended)).WaitAsync(cancellationToken);

    /// <summary>The conversation, where the last answer either is being written or has ended. Null where there is no such chat.</summary>
    public async Task<Conversation?> ReadAsync(ChatKey chat, CancellationToken cancellationToken)
    {
        if (_running.TryGetValue(chat, out AnswerRun? run) && run.IsEnding)
        {
            // Who has seen the last event must not be told that the answer is still being written.
            await run.Ended.WaitAsync(cancellationToken);
        }

        Conversation? conversation = await log.ReadAsync(chat, cancellationToken);
        if (conversation?.Latest is { Answer: null } latest && !(_running.TryGetValue(chat, out run) && run.Id == latest.Id))
        {
            conversation.Add(await log.SettleAsync(chat, latest.Id, cancellationToken));
        }

        return conversation;
    }

    /// <summary>The chat as a page draws it.</summary>
    public async Task<ChatSnapshot?> LookAsync(ChatKey chat, CancellationToken cancellationToken)
    {
        if (await ReadAsync(chat, cancellationToken) is not { } conversation)
        {
            return null;
        }

        (Answer? answer, string? cursor) = conversation.Latest is { Answer: null } latest
            ? await log.ReadAnswerAsync(chat, latest.Id, cancellationToken)
            : default;
        return ChatSnapshot.Of(chat, conversation, answer, cursor);
    }

    /// <summary>Takes a question and begins its answer, once for each client id.</summary>
    public async Task<Asked> AskAsync(ChatKey chat, Question question, CancellationToken cancellationToken)
    {
        // The chat's place is taken before the log is read, so that of two questions at once only one finds it free.
        var run = new AnswerRun(question.ClientId!, host.ApplicationStopping);
        while (!_running.TryAdd(chat, run))
        {
            if (!_running.TryGetValue(chat, out AnswerRun? other))
            {
                continue;
            }

            if (!other.IsEnding)
            {
                bool isKnown = other.Id == run.Id || (await log.ReadAsync(chat, cancellationToken))?.HasAsked(run.Id) == true;
                return isKnown ? Asked.Taken : Asked.Busy;
            }

            await other.Ended.WaitAsync(cancellationToken);
        }

        bool begun = false;
        try
        {
            if (await ReadAsync(chat, cancellationToken) is not { } conversation)
            {
                return Asked.Unknown;
            }

            if (conversation.HasAsked(run.Id))
            {
                return Asked.Taken;
            }

            if (!conversation.CanTake(question))
            {
                return Asked.Busy;
            }

            // A client that leaves now must not leave a question behind that nobody answers.
            await log.AskAsync(chat, question, CancellationToken.None);
            begun = true;
            _ = Task.Run(() => RunAsync(chat, run, conversation.ToModel(question)), CancellationToken.None);
            return Asked.Begun;
        }
        finally
        {
            if (!begun)
            {
                Leave(chat, run);
            }
        }
    }

    /// <summary>Stops the answer that is being written, if there is one, and returns when it has ended. False where there is no such chat.</summary>
    public async Task<bool> StopAsync(ChatKey chat, CancellationToken cancellationToken)
    {
        if (_running.TryGetValue(chat, out AnswerRun? run))
        {
            await run.StopAsync();
            await run.Ended.WaitAsync(cancellationToken);
        }

        return await ReadAsync(chat, cancellationToken) is not null;
    }

    private async Task RunAsync(ChatKey chat, AnswerRun run, IReadOnlyList<ChatMessage> messages)
    {
        try
        {
            (string eventType, object data) = await WriteAsync(chat.AnswerTopic(run.Id), messages, run.Token);
            run.IsEnding = true;
            await log.EndAsync(chat, run.Id, eventType, data, CancellationToken.None);
            await log.SettleAsync(chat, run.Id, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // The store is out of order. Whoever looks at the chat next settles the answer.
            Log.AnswerNotKept(logger, exception);
        }
        finally
        {
            Leave(chat, run);
        }
    }

    /// <summary>Publishes what the model says, and returns the event with which the answer ends.</summary>
    private async Task<(string EventType, object Data)> WriteAsync(string topic, IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            await publisher.PublishAsync(topic, new ChatStart(info.Model, info.Label), "start", CancellationToken.None);
            string finishReason = "unknown";
            UsageDetails? usage = null;
            IAsyncEnumerable<ChatResponseUpdate> updates = model.GetStreamingResponseAsync(messages, cancellationToken: cancellationToken);
            await foreach (IReadOnlyList<ChatResponseUpdate> batch in updates.InBatches(Window, time, cancellationToken))
            {
                finishReason = batch.LastOrDefault(static update => update.FinishReason is not null)?.FinishReason?.Value ?? finishReason;
                usage = batch.SelectMany(static update => update.Contents).OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
                string text = string.Concat(batch.Select(static update => update.Text));
                if (text.Length > 0)
                {
                    await publisher.PublishAsync(topic, new ChatDelta(text), "delta", CancellationToken.None);
                }
            }

            return ("done", new ChatDone(finishReason, ChatUsage.From(usage)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return host.ApplicationStopping.IsCancellationRequested ? ("failed", ChatFailed.Interrupted) : ("stopped", new ChatStopped());
        }
        catch (Exception exception)
        {
            // An answer that just ended would look complete, so the failure is said in an event of its own.
            Log.ModelFailed(logger, info.Model, exception);
            return ("failed", exception.ToEvent());
        }
    }

    private void Leave(ChatKey chat, AnswerRun run)
    {
        _running.TryRemove(new KeyValuePair<ChatKey, AnswerRun>(chat, run));
        run.End();
    }
}
