using System.Collections.Concurrent;
using ChatStreaming.Llm;
using Microsoft.Extensions.AI;
using SseKit;

namespace ChatStreaming.Chats;

/// <summary>
/// Writes answers, one at a time for each chat. An answer belongs to no request: it continues if its pages disconnect, until it ends, is
/// stopped, or the host stops.
/// </summary>
internal sealed class Answers(
    ChatLog log, ISsePublisher publisher, IChatClient model, ModelInfo info, TimeProvider time, IHostApplicationLifetime host,
    ILogger<Answers> logger) : IHostedService
{
    /// <summary>How long text is collected at most, so that the tokens of a fast model share events.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(40);

    private readonly ConcurrentDictionary<ChatKey, AnswerRun> _running = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Waits until the log has the result of each answer, because the host's stop interrupts them. After a crash, the next request for a
    /// chat marks its answer.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_running.Values.Select(static run => run.Ended)).WaitAsync(cancellationToken);

    /// <summary>Reads the conversation. Its last answer is either being written or has ended. Null if there is no such chat.</summary>
    public async Task<Conversation?> ReadAsync(ChatKey chat, CancellationToken cancellationToken)
    {
        if (_running.TryGetValue(chat, out AnswerRun? run) && run.IsEnding)
        {
            // A client that has received the last event must not get a state in which the answer is still being written.
            await run.Ended.WaitAsync(cancellationToken);
        }

        Conversation? conversation = await log.ReadAsync(chat, cancellationToken);
        if (conversation?.Latest is { Answer: null } latest && !(_running.TryGetValue(chat, out run) && run.Id == latest.Id))
        {
            conversation.Add(await log.SettleAsync(chat, latest.Id, cancellationToken));
        }

        return conversation;
    }

    /// <summary>Returns the chat as a page draws it.</summary>
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

    /// <summary>Stores a question and starts its answer, once for each client id.</summary>
    public async Task<Asked> AskAsync(ChatKey chat, Question question, CancellationToken cancellationToken)
    {
        // The run is added before the log is read, so that only one of two concurrent questions is accepted.
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

            // If the client disconnects now, its question must still get an answer.
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

    /// <summary>
    /// Stops the answer that is being written, if there is one, and returns when it has ended. False if there is no such chat.
    /// </summary>
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
            // The store is unavailable. The next request for the chat settles the answer.
            Log.AnswerNotKept(logger, exception);
        }
        finally
        {
            Leave(chat, run);
        }
    }

    /// <summary>Publishes the model's text, and returns the last event of the answer.</summary>
    private async Task<(string EventType, object Data)> WriteAsync(
        string topic, IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        int events = 0;
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
                    await publisher.PublishAsync(topic, new ChatDelta(++events, text), "delta", CancellationToken.None);
                }
            }

            return ("done", new ChatDone(events, finishReason, ChatUsage.From(usage)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return host.ApplicationStopping.IsCancellationRequested
                ? ("failed", ChatFailed.Interrupted)
                : ("stopped", new ChatStopped(events));
        }
        catch (Exception exception)
        {
            // A topic that only ended would look like a complete answer, so the failure is an event.
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
