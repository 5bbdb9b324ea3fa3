using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace SseKit.Benchmarks.Load;

/// <summary>Ordinary requests on one connection, several at once, whose responses all have the same length.</summary>
internal static class RequestBurst
{
    private const int Depth = 16;

    /// <returns>Seconds.</returns>
    public static string Run(int port, string path, int count)
    {
        byte[] request = RawRequest.Get(path);
        byte[] requests = [.. Enumerable.Repeat(request, Depth).SelectMany(one => one)];
        byte[] buffer = new byte[64 * 1024];
        using Socket socket = RawRequest.Connect(port);
        int length = LengthOfResponse(socket, request, buffer);
        long started = Stopwatch.GetTimestamp();
        for (int sent = 0; sent < count; sent += Depth)
        {
            socket.Send(requests);
            for (int expected = length * Depth; expected > 0;)
            {
                expected -= Receive(socket, buffer);
            }
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("R");
    }

    private static int LengthOfResponse(Socket socket, byte[] request, byte[] buffer)
    {
        // The server has sent a small response whole before it is idle for this long.
        socket.Send(request);
        int length = Receive(socket, buffer);
        while (socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead))
        {
            length += socket.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
        }

        string response = Encoding.ASCII.GetString(buffer, 0, length);
        return response.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ? length : throw new InvalidOperationException(response);
    }

    private static int Receive(Socket socket, byte[] buffer) => socket.Receive(buffer) is var received and > 0
        ? received
        : throw new InvalidOperationException("The server closed the connection.");
}
