namespace SseKit.Storage;

/// <summary>What a store gives to subscribers that will never hear of anything, because nobody else writes to it.</summary>
internal sealed class SseNoSubscription : IDisposable
{
    public static readonly SseNoSubscription Instance = new();

    public void Dispose()
    {
    }
}
