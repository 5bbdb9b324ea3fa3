namespace ChatStreaming.Chats;

/// <summary>The result of a question.</summary>
internal enum Asked
{
    /// <summary>Its answer begins.</summary>
    Begun,

    /// <summary>The question was stored before, and the client did not get the response.</summary>
    Taken,

    /// <summary>Another answer is being written, or the answer that it would replace is not the last one.</summary>
    Busy,

    /// <summary>There is no such chat.</summary>
    Unknown,
}
