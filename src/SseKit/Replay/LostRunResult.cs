using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Endpoints.Serving;
using SseKit.Topics.EventIds;
using SseKit.Topics.Following;

namespace SseKit.Replay;

/// <summary>
/// Answers a client whose last event id is of a run that the store no longer holds: the gap is reported, then that the run has failed. The
/// handler may have had effects, so it does not run again for that client.
/// </summary>
/// <param name="topic">The topic.</param>
/// <param name="state">The topic's unused log, which replaced the run's.</param>
/// <param name="format">The format of the stream.</param>
internal sealed partial class LostRunResult(string topic, SseTopicState state, SseFollowFormat format) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpEventStream stream = HttpEventStream.Of(httpContext);
        StreamConnection connection = stream.Connection;
        if (ResumePosition.HasSeenFailure(StreamRequest.LastEventIdOfTopics(httpContext.Request)))
        {
            connection.AnswerComplete();
            return;
        }

        if (!await stream.TryOpenAsync())
        {
            return;
        }

        connection.Runtime.Metrics.GapReported(connection.Route, expired: false);
        Log.Lost(connection.Runtime.Logger, connection.Route, topic);
        var cursor = new Cursor([topic], [ResumePosition.Unknown]);
        var reports = new FollowReports(connection, new PositionedWriter(cursor, filter: null, format));
        var gap = new Gap(ResumePosition.Unknown, isExpired: false, state.EarliestSequence, state.Latest, topic: null);
        await reports.OpenAsync();
        await reports.ReportLossAsync(topic, gap);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.RunLost,
            LogLevel.Warning,
            "The store no longer holds the run of {Route} for topic {Topic}, after which a client resumes; no other run begins for it.")]
        public static partial void Lost(ILogger logger, string? route, string topic);
    }
}
