using System.Diagnostics;
using System.Net.Sockets;

namespace SseKit.Benchmarks.Load;

/// <summary>Reads a stream to its end at full speed, and counts its events.</summary>
internal static class EventCounter
{
    /// <returns>Events, bytes and seconds.</returns>
    public static string Read(int port, string path)
    {
        byte[] buffer = new byte[256 * 1024];
        long lineFeeds = 0;
        long bytes = 0;
        using Socket socket = RawRequest.Connect(port);
        long started = Stopwatch.GetTimestamp();
        socket.Send(RawRequest.Get(path, "Connection: close\r\n"));
        while (socket.Receive(buffer) is var received and > 0)
        {
            // Lines of events end with LF; those of the response's head and of its chunks with CRLF.
            ReadOnlySpan<byte> span = buffer.AsSpan(0, received);
            lineFeeds += span.Count((byte)'\n') - span.Count((byte)'\r');
            bytes += received;
        }

        // Each event has one line of data and a blank one.
        return $"{lineFeeds / 2} {bytes} {Stopwatch.GetElapsedTime(started).TotalSeconds:R}";
    }
}
