using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace SseKit.Endpoints.Serving;

/// <summary>
/// Bounds how long a client that vanished without a FIN occupies its stream. Heartbeats to such a client fill socket buffers for minutes before a flush
/// waits, so the write deadline cannot see it; TCP can, because nothing is acknowledged. Servers that do not give their socket keep their own timeouts.
/// </summary>
internal static class SocketDeadline
{
    // A few lost packets are retransmitted for seconds on a connection that is alive.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);

    private const int Probes = 3;

    // TCP_USER_TIMEOUT of Linux, in milliseconds. Other systems have none.
    private const int LevelTcp = 6;
    private const int OptionUserTimeout = 18;

    /// <summary>
    /// Sets the TCP timeouts of a request's connection. They are only ever shortened: streams of HTTP/2 share a connection, and the smallest timeout
    /// applies to all. They stay for later requests on the connection, of which they ask no more than that the client's host responds.
    /// </summary>
    public static void Apply(HttpContext context, SseOptions options)
    {
        if (options.WriteTimeout == Timeout.InfiniteTimeSpan
            || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 } socket)
        {
            return;
        }

        TimeSpan timeout = options.WriteTimeout < Shortest ? Shortest : options.WriteTimeout;
        try
        {
            ProbeWithin(socket, timeout);
            if (OperatingSystem.IsLinux())
            {
                GiveUpWithin(socket, timeout);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The client left meanwhile, or the system has no such option. The write deadline remains.
        }
    }

    // Half of the time in silence, the other half for the probes. Finds a client that is gone although nothing is sent.
    private static void ProbeWithin(Socket socket, TimeSpan timeout)
    {
        int silence = (int)Math.Ceiling(timeout.TotalSeconds / 2);
        bool probesAlready = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)! != 0
            && (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)! <= silence;
        if (probesAlready)
        {
            return;
        }

        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, silence);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)Math.Ceiling(timeout.TotalSeconds / 2 / Probes));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
    }

    // Ends a connection on which sent bytes are not acknowledged, or on which the client's window has stayed shut.
    private static void GiveUpWithin(Socket socket, TimeSpan timeout)
    {
        int milliseconds = (int)timeout.TotalMilliseconds;
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(LevelTcp, OptionUserTimeout, value);
        int current = BitConverter.ToInt32(value);
        if (current == 0 || current > milliseconds)
        {
            BitConverter.TryWriteBytes(value, milliseconds);
            socket.SetRawSocketOption(LevelTcp, OptionUserTimeout, value);
        }
    }
}
