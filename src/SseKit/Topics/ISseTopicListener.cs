namespace SseKit.Topics;

/// <summary>Somebody who waits for news of topics.</summary>
internal interface ISseTopicListener
{
    /// <summary>There may be news. Never waits; may be called for nothing.</summary>
    void Wake();
}
