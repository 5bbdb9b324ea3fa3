using SseKit.Connections;
using SseKit.Stores;
using SseKit.Topics.EventIds;

namespace SseKit.Topics.Following;

/// <summary>
/// Moves a connection forward in one topic if the tail does not reach back to its position: by pages of the store, past gaps, to the last
/// event. Created for each use, because a waiting follower must hold little memory.
/// </summary>
internal readonly struct CatchUp(
    RetryingStoreReader store,
    StreamConnection connection,
    PositionedWriter writer,
    int topicIndex,
    TopicSubscription subscription,
    SseReplayStart start,
    IFollowProgress? progress)
{
    /// <summary>Writes the next page or a gap, or returns that there is nothing newer.</summary>
    public async ValueTask<CatchUpResult> AdvanceAsync()
    {
        Topic topic = subscription.Topic;
        SsePosition position = writer.Cursor[topicIndex];
        int branch = subscription.Branch;
        TailMark before = topic.Rejoin(subscription, position, out bool isLost);
        SseReadResult page = await store.ReadAsync(topic.Name, isLost ? ResumePosition.Unknown : position);
        topic.Compare(before, page.State.Latest);
        if (page.Status != SseReadStatus.Ok)
        {
            SsePosition next = NextAfterGap(position, branch, page);
            string? name = writer.Cursor.IsOfOneTopic ? null : topic.Name;
            var gap = new Gap(position, page.Status == SseReadStatus.Expired, page.State.EarliestSequence, next, name);
            await new FollowReports(connection, writer).ReportGapsAsync([new TopicGap(topicIndex, topic.Name, gap)]);
            return CatchUpResult.Gap;
        }

        if (page.Events.Count == 0)
        {
            if (position.Epoch != page.State.Latest.Epoch)
            {
                // The log continues under another epoch. All that compare epochs need the current one.
                position = page.State.Latest with { Sequence = position.Sequence };
                await WriteAsync(position.Epoch, default);
            }

            subscription.Status = page.State.Status;
            if (!subscription.IsOpen)
            {
                return CatchUpResult.More;
            }

            // Not if the topic is completed: other followers that have not read the completion would wait forever.
            topic.CaughtUp(position, subscription.Seen);
            return CatchUpResult.Nothing;
        }

        store.Metrics.Replayed(subscription.CountReplayed(position with { Epoch = page.State.Latest.Epoch }, page.Events[^1].Sequence));
        await WriteAsync(page.State.Latest.Epoch, page.Events as SseStoredEvent[] ?? [.. page.Events]);
        return CatchUpResult.More;
    }

    private SsePosition NextAfterGap(SsePosition position, int branch, SseReadResult page)
    {
        SseTopicState state = page.State;
        if (page.Status == SseReadStatus.Expired)
        {
            return Gap.AfterExpiry(state, connection.Options.GapPolicy);
        }

        // A new log began after the one that was followed, so none of its events has been read. A log that lost events is read from where
        // it leaves what was followed.
        SsePosition oldest = state.Latest with { Sequence = state.EarliestSequence - 1 };
        return LastShared(position, branch, state) is { } shared
            ? state.Latest with { Sequence = Math.Max(oldest.Sequence, Math.Min(shared, ResumePosition.Of(start, state).Sequence)) }
            : oldest;
    }

    // The last event that the log has in common with what was read. Null if that is another log.
    private long? LastShared(SsePosition position, int branch, SseTopicState state)
    {
        long? setBack = subscription.Topic.SetBackSince(branch, position.Epoch);
        if (state.SharedWith(position.Epoch) is not { } shared || (setBack is null && position.Epoch == state.Latest.Epoch))
        {
            return null;
        }

        // A follower that missed many set-backs may have read less.
        return Math.Min(position.Sequence, Math.Min(shared, setBack ?? shared));
    }

    // A flush takes as many events as its bound allows; the position shows how many.
    private async ValueTask WriteAsync(string epoch, ReadOnlyMemory<SseStoredEvent> events)
    {
        do
        {
            await connection.Output.WriteAsync(new PageOperation(writer, topicIndex, epoch, events), flush: true, connection.Ended);
            progress?.Advanced(writer.Cursor[topicIndex]);
            int written = 0;
            while (written < events.Length && events.Span[written].Sequence <= writer.Cursor[topicIndex].Sequence)
            {
                written++;
            }

            events = events[written..];
        }
        while (!events.IsEmpty);
    }
}

/// <summary>The result of reading the store after a follower's position.</summary>
internal enum CatchUpResult
{
    /// <summary>Nothing newer, and the topic is open.</summary>
    Nothing,

    /// <summary>Events, or the topic's end.</summary>
    More,

    /// <summary>A gap, which has been reported.</summary>
    Gap,
}
