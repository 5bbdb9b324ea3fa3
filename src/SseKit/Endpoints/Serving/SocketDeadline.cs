using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace SseKit.Endpoints.Serving;

/// <summary>Bounds how long a client that vanished without a FIN occupies its stream.</summary>
/// <remarks>
/// Heartbeats to such a client fill socket buffers for minutes before a flush waits, so the write deadline cannot detect it. TCP can,
/// because nothing is acknowledged. Servers that do not expose their socket keep their own timeouts.
/// </remarks>
internal static class SocketDeadline
{
    // On a working connection, the retransmission of a few lost packets takes seconds.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);

    private const int Probes = 3;

    // TCP_USER_TIMEOUT of Linux, in milliseconds. Other systems have none.
    private const int LevelTcp = 6;
    private const int OptionUserTimeout = 18;

    /// <summary>Sets the TCP timeouts of a request's connection.</summary>
    /// <remarks>
    /// They are only shortened, because streams of HTTP/2 share a connection and the smallest timeout applies to all. They stay for later
    /// requests on the connection, which only need a client host that responds.
    /// </remarks>
    public static void Apply(HttpContext context, SseOptions options)
    {
        if (options.WriteTimeout == Timeout.InfiniteTimeSpan
            || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket
            || socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            return;
        }

        TimeSpan timeout = options.WriteTimeout < Shortest ? Shortest : options.WriteTimeout;
        try
        {
            ProbeWithin(socket, timeout);
            if (OperatingSystem.IsLinux())
            {
                AbortWithin(socket, timeout);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The client has disconnected, or the system has no such option. The write deadline remains.
        }
    }

    // Half of the time is idle time, the other half is for the probes. They detect a vanished client although nothing is sent.
    private static void ProbeWithin(Socket socket, TimeSpan timeout)
    {
        int idleSeconds = (int)Math.Ceiling(timeout.TotalSeconds / 2);
        bool isProbed = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)! != 0
            && (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)! <= idleSeconds;
        if (isProbed)
        {
            return;
        }

        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idleSeconds);
        int secondsBetweenProbes = (int)Math.Ceiling(timeout.TotalSeconds / 2 / Probes);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, secondsBetweenProbes);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
    }

    // Ends a connection on which sent bytes are not acknowledged, or on which the client's window has stayed closed.
    private static void AbortWithin(Socket socket, TimeSpan timeout)
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
