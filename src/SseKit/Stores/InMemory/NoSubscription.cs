namespace SseKit.Stores.InMemory;

/// <summary>What a store gives to subscribers that will never hear of anything, because nobody else writes to it.</summary>
internal sealed class NoSubscription : IDisposable
{
    public static readonly NoSubscription Instance = new();

    public void Dispose()
    {
    }
}
