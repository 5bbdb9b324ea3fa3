using Microsoft.AspNetCore.Http.HttpResults;
using SseKit;

namespace Protocols;

/// <summary>
/// Stops a run from another request: its model stops, and all its clients have the text so far. An app with users checks here, too, that
/// the run belongs to the user.
/// </summary>
internal static class RunStop
{
    /// <summary>Maps POST requests that stop a run: 204, or 404 if there is none.</summary>
    /// <param name="app">The routes.</param>
    /// <param name="pattern">The pattern of the route, with the run's id as <c>{run}</c>.</param>
    /// <param name="protocol">The first part of the topic's name.</param>
    /// <param name="end">The event without which clients report a failure; null if they take any end.</param>
    public static void MapRunStop(this IEndpointRouteBuilder app, string pattern, string protocol, object? end = null) =>
        app.MapPost(
            pattern,
            async Task<Results<NoContent, NotFound>> (string run, ISseRuns runs, ISsePublisher publisher, CancellationToken ct) =>
            {
                if (RunTopic.Of(protocol, run) is not { } topic || !await runs.IsRunningAsync(topic, ct))
                {
                    return TypedResults.NotFound();
                }

                try
                {
                    if (end is not null)
                    {
                        // Nothing can be published after the stop. A piece of the text may still follow, or the terminator, which these
                        // clients accept.
                        await publisher.PublishAsync(topic, end, ct);
                    }
                }
                catch (SseTopicCompletedException)
                {
                    return TypedResults.NotFound();
                }

                return await runs.StopAsync(topic, ct) ? TypedResults.NoContent() : TypedResults.NotFound();
            });
}
