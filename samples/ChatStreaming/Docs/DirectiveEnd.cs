namespace ChatStreaming.Docs;

/// <summary>How an answer ends.</summary>
internal enum DirectiveEnd
{
    /// <summary>With a finish reason.</summary>
    Good,

    /// <summary>With an exception.</summary>
    Failure,

    /// <summary>Without a finish reason, as when a model server crashes.</summary>
    Cut,
}
