namespace ChatStreaming.Chats;

/// <summary>What became of a question.</summary>
internal enum Asked
{
    /// <summary>Its answer begins.</summary>
    Begun,

    /// <summary>It was asked before: the client did not hear of it.</summary>
    Taken,

    /// <summary>Another answer is being written, or the answer that it would replace is not the last one.</summary>
    Busy,

    /// <summary>There is no such chat.</summary>
    Unknown,
}
