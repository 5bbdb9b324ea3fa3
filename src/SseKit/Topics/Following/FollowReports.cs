using Microsoft.Extensions.Logging;
using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>Reports to a client its position, a gap and a failure, which are not events of its topics. The format decides how.</summary>
internal readonly partial struct FollowReports(StreamConnection connection, PositionedWriter writer)
{
    private const int BlankLine = 1;

    /// <summary>Reports the position at the opening, and with heartbeats from now on.</summary>
    public async ValueTask OpenAsync()
    {
        if (writer.HasControlEvents)
        {
            await connection.Output.WriteAsync(new PositionedEvent(writer, ControlEvents.Open), flush: true, connection.Ended);
            connection.SetHeartbeat(writer);
        }
        else if (writer.HasIds && connection.Options.HeartbeatEvent is not null)
        {
            connection.SetHeartbeat(new PositionedHeartbeat(writer, connection.Settings.Heartbeat[..^BlankLine]));
        }
    }

    /// <summary>Reports gaps, and moves the connection past them.</summary>
    public async ValueTask ReportGapsAsync(TopicGap[] gaps)
    {
        foreach (TopicGap each in gaps)
        {
            connection.Runtime.Metrics.GapReported(connection.Route, each.Gap.IsExpired);
            Log.Gap(connection.Runtime.Logger, each.Topic, each.Gap.Position, each.Gap.OldestHeld);
        }

        if (!writer.HasControlEvents)
        {
            await FailAtGapsAsync(gaps);
            return;
        }

        foreach (TopicGap each in gaps)
        {
            await connection.Output.WriteAsync(new GapEvents(writer, [each], each.Gap.Payload), flush: true, connection.Ended);
        }
    }

    /// <summary>Reports that the log of a client's position is gone and that nothing takes its place, and ends the stream.</summary>
    /// <param name="topic">The only topic.</param>
    /// <param name="gap">The gap.</param>
    public async ValueTask ReportLossAsync(string topic, Gap gap)
    {
        string message = $"Topic '{topic}' no longer holds the events after the client's position.";
        ReadOnlyMemory<byte> failed = writer.HasControlEvents
            ? ControlEvents.Failed
            : FailureEvent(new SseGapException(message) { Topic = topic });
        if (!failed.IsEmpty)
        {
            ReadOnlyMemory<byte> report = writer.HasControlEvents ? gap.Payload : ReadOnlyMemory<byte>.Empty;
            await connection.Output.WriteAsync(new LossEvents(writer, gap.Next, report, failed), flush: true, connection.Ended);
        }

        connection.Fail(isReported: !failed.IsEmpty && !writer.HasControlEvents);
    }

    /// <summary>Reports that the source of a topic has failed, and ends the stream.</summary>
    /// <param name="subscriptions">The topics.</param>
    /// <param name="wasRead">Whether the client had read everything before it connected, and reconnects because it got no report.</param>
    /// <returns>False if none has failed.</returns>
    public async ValueTask<bool> TryReportFailureAsync(TopicSubscription[] subscriptions, bool wasRead)
    {
        TopicSubscription? failed = Array.Find(subscriptions, topic => topic.Status == SseTopicStatus.Failed)
            ?? Array.Find(subscriptions, topic => topic.Status == SseTopicStatus.FailureReported);
        if (failed is null)
        {
            return false;
        }

        bool isInTopic = failed.Status == SseTopicStatus.FailureReported;
        ReadOnlyMemory<byte> payload = ReadOnlyMemory<byte>.Empty;
        if (writer.HasControlEvents)
        {
            payload = ControlEvents.Failed;
        }
        else if (!isInTopic && (wasRead || !writer.HasIds))
        {
            // A client without ids gets it at once: it cannot return behind the events that it has read.
            payload = FailureEvent(new InvalidOperationException($"The run that writes topic '{failed.Topic.Name}' has failed."));
        }

        if (!payload.IsEmpty)
        {
            await connection.Output.WriteAsync(new FailedEvent(writer, payload), flush: true, connection.Ended);
        }

        connection.Fail(isReported: isInTopic || (!payload.IsEmpty && !writer.HasControlEvents));
        return true;
    }

    /// <summary>Sends the last position. A client without it would reconnect again and again.</summary>
    public async ValueTask ReportEndAsync()
    {
        if (writer.HasControlEvents && (writer.PositionIsUnsent || writer.HeadIsUnsent))
        {
            await connection.Output.WriteAsync(new PositionedEvent(writer, ControlEvents.Open), flush: true, connection.Ended);
        }
    }

    // A gap is always reported (I5): by the endpoint's failure event, or by an abort of the connection. The event is the last one, so it
    // moves the connection past all gaps: as long as a position is unknown there is no id, and the client would return to the same gaps.
    private async ValueTask FailAtGapsAsync(TopicGap[] gaps)
    {
        (_, string topic, Gap gap) = gaps[0];
        var exception = new SseGapException($"Topic '{topic}' cannot resume after {gap.Position}.") { Topic = topic };
        ReadOnlyMemory<byte> payload = FailureEvent(exception);
        if (!payload.IsEmpty)
        {
            await connection.Output.WriteAsync(new GapEvents(writer, gaps, payload), flush: true, connection.Ended);
        }

        connection.Fail(isReported: !payload.IsEmpty);
    }

    // Empty if the endpoint has none.
    private ReadOnlyMemory<byte> FailureEvent(Exception failure) =>
        connection.FailureFrame(failure) is { IsEmpty: false } frame ? frame[..^BlankLine] : ReadOnlyMemory<byte>.Empty;

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.ReplayGap, LogLevel.Warning, "Topic {Topic} cannot resume after {Position}; oldest is {Oldest}.")]
        public static partial void Gap(ILogger logger, string topic, SsePosition position, long oldest);
    }
}
