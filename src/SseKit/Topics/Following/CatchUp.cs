using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Topics.EventIds;

namespace SseKit.Topics.Following;

/// <summary>
/// Brings a connection on in one topic where the tail does not reach: by pages of the store, past gaps, to the end of what is held. Created
/// when it is needed: a waiting follower keeps none.
/// </summary>
internal readonly partial struct CatchUp(
    RetryingStoreReader store,
    StreamConnection connection,
    PositionedWriter writer,
    int topicIndex,
    TopicSubscription subscription,
    SseReplayStart start)
{
    /// <summary>Writes the next page, a gap, or notes that there is nothing more.</summary>
    public async ValueTask<CatchUpResult> AdvanceAsync()
    {
        Topic topic = subscription.Topic;
        SsePosition position = writer.Cursor[topicIndex];
        TailMark before = topic.Rejoin(subscription, position, out bool isLost);
        SseReadResult page = await store.ReadAsync(topic.Name, isLost ? ResumePosition.Unknown : position);
        topic.Compare(before, page.State.Latest);
        if (page.Status != SseReadStatus.Ok)
        {
            await ReportAsync(new Gap(position, page, NextAfterGap(position, page), writer.Cursor.IsOfOneTopic ? null : topic.Name));
            return CatchUpResult.Gap;
        }

        if (page.Events.Count == 0)
        {
            subscription.Status = page.State.Status;
            if (!subscription.IsOpen)
            {
                return CatchUpResult.More;
            }

            // Not if the topic is completed: its other followers, which have not read that, would wait at its end.
            topic.CaughtUp(position, subscription.Seen);
            return CatchUpResult.Nothing;
        }

        await WriteAsync(page.State.Latest.Epoch, page.Events as SseStoredEvent[] ?? [.. page.Events]);
        return CatchUpResult.More;
    }

    private SsePosition NextAfterGap(SsePosition position, SseReadResult page)
    {
        SseTopicState state = page.State;
        SsePosition oldest = state.Latest with { Sequence = state.EarliestSequence - 1 };
        if (page.Status == SseReadStatus.Expired)
        {
            return connection.Options.GapPolicy == SseGapPolicy.Latest ? state.Latest : oldest;
        }

        // An id that the topic never gave out is answered like no id.
        SsePosition begin = ResumePosition.Of(start, state);
        if (position == ResumePosition.Unknown)
        {
            return begin;
        }

        // A log that took the place of the one that was followed began after it, so nothing in it has been read. One that went back is
        // read on from where it went back to.
        SsePosition setBackTo = subscription.Topic.SetBackTo;
        return position.Epoch == state.Latest.Epoch && position.Epoch == setBackTo.Epoch
            ? state.Latest with { Sequence = Math.Clamp(setBackTo.Sequence, oldest.Sequence, begin.Sequence) }
            : oldest;
    }

    // A flush takes as many as its bound allows, and the position tells how many those were.
    private async ValueTask WriteAsync(string epoch, ReadOnlyMemory<SseStoredEvent> events)
    {
        while (!events.IsEmpty)
        {
            await connection.Output.WriteAsync(new PageOperation(writer, topicIndex, epoch, events), flush: true, connection.Ended);
            int written = 0;
            while (written < events.Length && events.Span[written].Sequence <= writer.Cursor[topicIndex].Sequence)
            {
                written++;
            }

            events = events[written..];
        }
    }

    private async ValueTask ReportAsync(Gap gap)
    {
        connection.Runtime.Metrics.GapReported(connection.Route, gap.IsExpired);
        Log.Gap(connection.Runtime.Logger, subscription.Topic.Name, gap.Position, gap.OldestHeld);
        await new FollowReports(connection, writer).ReportGapAsync(topicIndex, subscription.Topic.Name, gap);
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.ReplayGap, LogLevel.Warning, "Topic {Topic} cannot resume after {Position}; oldest is {Oldest}.")]
        public static partial void Gap(ILogger logger, string topic, SsePosition position, long oldest);
    }
}

/// <summary>What a follower found after its position in the store.</summary>
internal enum CatchUpResult
{
    /// <summary>Nothing newer, and the topic is open.</summary>
    Nothing,

    /// <summary>Events, or the topic's end.</summary>
    More,

    /// <summary>A gap, which has been reported.</summary>
    Gap,
}
