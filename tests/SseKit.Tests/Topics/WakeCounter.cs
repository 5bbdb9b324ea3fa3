using SseKit.Connections;

namespace SseKit.Tests.Topics;

/// <summary>A listener that counts its wake-ups.</summary>
internal sealed class WakeCounter : IWakeable, IDisposable
{
    private readonly SemaphoreSlim _woken = new(0);
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Wake()
    {
        Interlocked.Increment(ref _count);
        _woken.Release();
    }

    /// <summary>Waits for the next wake-up.</summary>
    public async Task WokenAsync() =>
        Assert.True(await _woken.WaitAsync(Infrastructure.TestTimeout.Limit), "The listener was not woken.");

    public void Dispose() => _woken.Dispose();
}
