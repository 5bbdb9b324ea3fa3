namespace SseKit;

/// <summary>Results for handlers of event streams. They work in MapSse, in MapGet and its kin, and from MVC actions.</summary>
public static class SseResults
{
    /// <summary>
    /// Follows topics: the client gets what it has missed since its last event id, then what is published, on one stream. Which topics a client
    /// may follow is decided by the handler that names them.
    /// </summary>
    /// <param name="topics">1 to 16 topics, each 1 to 256 characters. A topic that is named twice counts once.</param>
    /// <exception cref="ArgumentException">There is no topic, or more than 16, or a name is empty or too long.</exception>
    public static SseFollowResult Follow(params string[] topics) => new(topics);
}
