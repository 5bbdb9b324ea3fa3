namespace SseKit.Stores;

/// <summary>A store in this process that holds a bounded number of topics, and evicts followed topics last.</summary>
internal interface IFollowerAware
{
    /// <summary>Sets the function by which the store checks whether a topic has followers. Called once, before the store is used.</summary>
    void UseFollowers(Func<string, bool> isFollowed);
}
