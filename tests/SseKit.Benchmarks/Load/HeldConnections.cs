using System.Net.Sockets;

namespace SseKit.Benchmarks.Load;

/// <summary>Connections that have received their headers and wait.</summary>
internal sealed class HeldConnections
{
    private readonly List<Socket> _sockets = [];

    /// <returns>The number of open connections.</returns>
    public string Open(int port, string path, int count)
    {
        byte[] request = RawRequest.Get(path);
        byte[] buffer = new byte[4096];
        for (int i = 0; i < count; i++)
        {
            Socket socket = RawRequest.Connect(port);
            socket.Send(request);
            if (socket.Receive(buffer) == 0)
            {
                throw new InvalidOperationException($"The server closed connection {i}.");
            }

            _sockets.Add(socket);
        }

        return _sockets.Count.ToString();
    }

    public string Release()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _sockets.Clear();
        return "0";
    }
}
