using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseKit.Benchmarks.Load;

/// <summary>A request on a socket, without a client library whose cost would be measured too.</summary>
internal static class RawRequest
{
    public static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    public static byte[] Get(string path, string headers = "") =>
        Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
}
