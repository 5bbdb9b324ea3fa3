namespace SseKit.Connections;

/// <summary>What a follower found after its position in the store.</summary>
internal enum SseAdvance
{
    /// <summary>Nothing newer, and the topic is open.</summary>
    Nothing,

    /// <summary>Events, or the topic's end.</summary>
    More,

    /// <summary>A gap, which has been reported.</summary>
    Gap,
}
