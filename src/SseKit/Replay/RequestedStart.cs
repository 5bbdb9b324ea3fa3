using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Endpoints.Serving;

namespace SseKit.Replay;

/// <summary>Reads the start that a request names. A malformed start refuses it before a run begins (I10).</summary>
/// <param name="start">The start; null if the request names none.</param>
/// <param name="refusal">The answer to a request that is refused; null if it is not.</param>
internal readonly partial struct RequestedStart(SseReplayStart? start, ProblemHttpResult? refusal)
{
    public SseReplayStart? Start => start;

    public ProblemHttpResult? Refusal => refusal;

    public static RequestedStart Read(HttpContext context, SseReplayOptions options)
    {
        try
        {
            return new RequestedStart(options.RequestedStart?.Invoke(context), null);
        }
        catch (BadHttpRequestException exception)
        {
            Log.Refused(
                StreamRuntimes.For(context.RequestServices).Logger,
                EndpointSettings.RouteOf(context),
                exception.StatusCode,
                exception.Message);
            return new RequestedStart(
                null, TypedResults.Problem(exception.Message, statusCode: exception.StatusCode, title: "Invalid start"));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.StartRefused, LogLevel.Information, "A request for {Route} was refused with status {Status}: {Reason}")]
        public static partial void Refused(ILogger logger, string? route, int status, string reason);
    }
}
