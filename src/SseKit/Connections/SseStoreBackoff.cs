namespace SseKit.Connections;

/// <summary>Waits longer each time, with jitter, so that a store that comes back is not met by all followers at once.</summary>
internal sealed class SseStoreBackoff(TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private TimeSpan _next = TimeSpan.FromMilliseconds(100);

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(SseRetryFrame.Jitter(_next), time, cancellationToken);
        _next = _next * 2 < Longest ? _next * 2 : Longest;
    }
}
