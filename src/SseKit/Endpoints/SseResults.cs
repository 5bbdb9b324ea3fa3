namespace SseKit;

/// <summary>Results for handlers of event streams. They work in MapSse, in MapGet and its kin, and from MVC actions.</summary>
/// <remarks>
/// Outside MapSse, declare <see cref="SseFollowResult"/> as the return type of the handler or action, or <c>Results&lt;…&gt;</c> with it.
/// The metadata of an endpoint that declares <c>IResult</c> or <c>IActionResult</c> does not show that it streams. A base policy of the
/// output cache then applies until the result runs, so such an endpoint needs <c>[OutputCache(NoStore = true)]</c>.
/// </remarks>
public static class SseResults
{
    private static readonly SseFollowOptions Defaults = new();

    /// <summary>
    /// Follows topics: the client gets what it has missed since its last event id, then what is published, on one stream. The handler
    /// decides which topics a client may follow.
    /// </summary>
    /// <param name="topics">1 to 16 topics, each 1 to 256 characters. A topic that is named twice counts once.</param>
    /// <exception cref="ArgumentException">There is no topic, or more than 16, or a name is empty or too long.</exception>
    /// <example>
    /// <code>
    /// app.MapSse("/rooms/{room}", (string room) => SseResults.Follow($"room:{room}"));
    /// </code>
    /// </example>
    public static SseFollowResult Follow(params string[] topics) => new(topics, Defaults);

    /// <summary>
    /// Follows topics with options: the client gets what it has missed since its last event id, then what is published, on one stream. The
    /// handler decides which topics a client may follow.
    /// </summary>
    /// <param name="topics">1 to 16 topics, each 1 to 256 characters. A topic that is named twice counts once.</param>
    /// <param name="options">Where to start and what to send; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no topic, or more than 16, or a name is empty or too long.</exception>
    /// <example>
    /// <code>
    /// app.MapSse("/feed", () => SseResults.Follow(["orders"], new SseFollowOptions { StartAt = SseReplayStart.Earliest }));
    /// </code>
    /// </example>
    public static SseFollowResult Follow(IEnumerable<string> topics, SseFollowOptions? options = null) => new(topics, options ?? Defaults);
}
