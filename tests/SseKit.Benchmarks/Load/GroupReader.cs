using System.Net.Sockets;

namespace SseKit.Benchmarks.Load;

/// <summary>One thread that reads every client with pending bytes, into one buffer, and passes the bytes on.</summary>
internal sealed class GroupReader : IDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly ReadyList _list = new();
    private readonly List<GroupClient> _members;
    private readonly Thread _thread;
    private volatile bool _stopped;

    public GroupReader(List<GroupClient> members)
    {
        _members = members;
        for (int i = 0; i < members.Count; i++)
        {
            members[i].Socket.Blocking = false;
            _list.Watch(members[i].Socket, i);
        }

        _thread = new Thread(Run);
        _thread.Start();
    }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
        _list.Dispose();
    }

    private void Run()
    {
        byte[] buffer = new byte[BufferSize];
        Span<int> ready = stackalloc int[256];
        while (!_stopped)
        {
            int count = _list.Wait(ready);
            foreach (int number in ready[..count])
            {
                int read = _members[number].Socket.Receive(buffer, SocketFlags.None, out SocketError error);
                if (error == SocketError.Success && read > 0)
                {
                    _members[number].Take(buffer.AsSpan(0, read));
                }
            }
        }
    }
}
