namespace SseKit.Stores;

/// <summary>A store of this process's own that holds a bounded number of topics, and keeps those longest that are followed.</summary>
internal interface IFollowerAware
{
    /// <summary>Lets the store ask whether a topic has followers. Called once, before the store is used.</summary>
    void UseFollowers(Func<string, bool> isFollowed);
}
