namespace ChatStreaming.Chats;

/// <summary>What the page sends.</summary>
/// <param name="ClientId">The page's own name for the question. Sent again with the same one, it is not asked again.</param>
/// <param name="Text">The question.</param>
/// <param name="RetryOf">The question that this one replaces, because its answer was not completed.</param>
internal sealed record Question(string? ClientId, string? Text, string? RetryOf = null);
