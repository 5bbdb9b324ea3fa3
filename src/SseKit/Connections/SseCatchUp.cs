using Microsoft.Extensions.Logging;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>
/// Brings a connection on in one topic where the tail does not reach: by pages of the store, past gaps, to the end of what is held. Made
/// when it is needed: whoever waits for news keeps none.
/// </summary>
internal readonly partial struct SseCatchUp(
    SsePatientStore store,
    SseConnection connection,
    SsePositionedWriter writer,
    int topicIndex,
    SseTopicSubscription subscription,
    SseReplayStart start)
{
    /// <summary>Writes the next page, a gap, or notes that there is nothing more.</summary>
    public async ValueTask<SseAdvance> AdvanceAsync()
    {
        SseTopic topic = subscription.Topic;
        SsePosition position = writer.Cursor[topicIndex];
        SseTailMark before = topic.Rejoin(subscription, position, out bool isLost);
        SseReadResult page = await store.ReadAsync(topic.Name, isLost ? SseResume.Nowhere : position);
        topic.Compare(before, page.State.Latest);
        if (page.Status != SseReadStatus.Ok)
        {
            await ReportAsync(new SseGap(position, page, NextAfterGap(position, page), writer.Cursor.IsOfOneTopic ? null : topic.Name));
            return SseAdvance.Gap;
        }

        if (page.Events.Count == 0)
        {
            subscription.Status = page.State.Status;
            if (!subscription.IsOpen)
            {
                return SseAdvance.More;
            }

            // Not where the topic is completed: its other followers, who have not heard of that, would wait at its end.
            topic.CaughtUp(position, subscription.Seen);
            return SseAdvance.Nothing;
        }

        await WriteAsync(page.State.Latest.Epoch, page.Events as SseStoredEvent[] ?? [.. page.Events]);
        return SseAdvance.More;
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
        SsePosition begin = start.In(state);
        if (position == SseResume.Nowhere)
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
            await connection.Output.WriteAsync(new SsePageFrames(writer, topicIndex, epoch, events), flush: true, connection.Ended);
            int written = 0;
            while (written < events.Length && events.Span[written].Sequence <= writer.Cursor[topicIndex].Sequence)
            {
                written++;
            }

            events = events[written..];
        }
    }

    private async ValueTask ReportAsync(SseGap gap)
    {
        connection.Runtime.Metrics.GapReported(connection.Route, gap.IsExpired);
        Log.Gap(connection.Runtime.Logger, subscription.Topic.Name, gap.Position, gap.OldestHeld);
        if (writer.IsPlain)
        {
            // No event can say so on such a stream, and silence must not (I5): it is broken off.
            connection.End(SseEndReason.Failed);
            return;
        }

        await connection.Output.WriteAsync(new SseGapNotice(writer, topicIndex, gap.Next, gap.Payload), flush: true, connection.Ended);
    }

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.ReplayGap, LogLevel.Warning, "Topic {Topic} cannot resume after {Position}; oldest is {Oldest}.")]
        public static partial void Gap(ILogger logger, string topic, SsePosition position, long oldest);
    }
}
