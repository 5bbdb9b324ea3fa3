namespace ChatStreaming.Chats;

/// <summary>A question as the page sends it.</summary>
/// <param name="ClientId">The page's id for the question. A question with a known id is not asked again.</param>
/// <param name="Text">The question.</param>
/// <param name="RetryOf">The question that this one replaces, because its answer was not completed.</param>
internal sealed record Question(string? ClientId, string? Text, string? RetryOf = null);
