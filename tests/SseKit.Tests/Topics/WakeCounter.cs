using System.Threading.Channels;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Topics;

/// <summary>A listener that counts its wake-ups. A wake-up that comes late, after the test, does nothing.</summary>
internal sealed class WakeCounter : IWakeable, IDisposable
{
    private readonly Channel<bool> _woken = Channel.CreateUnbounded<bool>();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Wake()
    {
        Interlocked.Increment(ref _count);
        _woken.Writer.TryWrite(true);
    }

    /// <summary>Waits for the next wake-up.</summary>
    public async Task WokenAsync() => await _woken.Reader.ReadAsync().OrTimeout();

    public void Dispose() => _woken.Writer.TryComplete();
}
