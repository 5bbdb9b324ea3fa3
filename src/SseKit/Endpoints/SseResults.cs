namespace SseKit;

/// <summary>Creates results for handlers of event streams.</summary>
/// <remarks>
/// They work in MapSse, in MapGet and similar methods, in MVC actions and in handlers of Razor Pages.
/// Outside MapSse, declare <see cref="SseFollowResult"/> as the return type of the handler or action, or <c>Results&lt;…&gt;</c> with it.
/// The metadata of an endpoint that declares <c>IResult</c> or <c>IActionResult</c> does not show that it streams. A base policy of the
/// output cache then applies until the result runs, so such an endpoint needs <c>[OutputCache(NoStore = true)]</c>.
/// </remarks>
public static class SseResults
{
    private static readonly SseFollowOptions Defaults = new();

    /// <summary>Follows topics: the client receives the events since its last event id, then new events, on one stream.</summary>
    /// <remarks>Authorize in the handler, which selects the topics of a client.</remarks>
    /// <param name="topics">1 to 16 topics, each 1 to 256 characters. A repeated topic counts once.</param>
    /// <exception cref="ArgumentException">There is no topic, or more than 16, or a name is empty or too long.</exception>
    /// <example>
    /// <code>
    /// app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
    /// </code>
    /// </example>
    public static SseFollowResult Follow(params string[] topics) => new(topics, Defaults);

    /// <summary>
    /// Follows topics with options: the client receives the events since its last event id, then new events, on one stream.
    /// </summary>
    /// <remarks>Authorize in the handler, which selects the topics of a client.</remarks>
    /// <param name="topics">1 to 16 topics, each 1 to 256 characters. A repeated topic counts once.</param>
    /// <param name="options">The start of the stream and the events to send; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// There is no topic, or more than 16, or a name is empty or too long. The start does not suit the format.
    /// </exception>
    /// <example>
    /// <code>
    /// app.MapSse("/feed", () => SseResults.Follow(["orders"], new SseFollowOptions { StartAt = SseReplayStart.Earliest }));
    /// </code>
    /// </example>
    public static SseFollowResult Follow(IEnumerable<string> topics, SseFollowOptions? options = null)
    {
        if (options is { StartAt: { MovesWithTopic: true } start } && options.Format.HasIdsOnly())
        {
            throw new ArgumentException(
                $"With SseFollowFormat.{options.Format}, a client must not start at '{start}': it has no id before its first event, and "
                + "would lose events if it reconnects. Start at SseReplayStart.Earliest.",
                nameof(options));
        }

        return new SseFollowResult(topics, options ?? Defaults);
    }
}
