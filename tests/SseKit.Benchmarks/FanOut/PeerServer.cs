using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.FanOut;

/// <summary>A server of other software in a process of its own.</summary>
internal abstract class PeerServer(string name, int port) : IDisposable
{
    /// <summary>The name of the software.</summary>
    public string Name { get; } = name;

    public int Port { get; } = port;

    /// <summary>Whether it can get the events of a burst without an answer to each, as this process does.</summary>
    public virtual bool TakesBursts => true;

    /// <summary>Starts the servers of all software that is installed.</summary>
    public static PeerServer[] StartAll() =>
        [.. new PeerServer?[] { NodePeer.Start("better-sse"), NchanPeer.Start() }.OfType<PeerServer>()];

    public abstract Task PublishAsync(string data);

    /// <summary>The CPU time that the server has used. Its allocations are unknown.</summary>
    public abstract ProcessUse Use();

    public abstract void Dispose();
}
