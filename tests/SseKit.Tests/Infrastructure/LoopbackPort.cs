using System.Net;
using System.Net.Sockets;

namespace SseKit.Tests.Infrastructure;

/// <summary>Finds ports for servers that cannot choose one themselves.</summary>
public static class LoopbackPort
{
    // Below the range of ephemeral ports.
    private const int First = 20_000;
    private const int Last = 32_000;

    private static readonly Lock Gate = new();

    // The UDP ports of the same numbers, held until the process ends. Other processes of tests take ports at the same time, and a server
    // that is stopped leaves its port free until the next one starts.
    private static readonly List<Socket> Reservations = [];

    public static int Take()
    {
        while (true)
        {
            int port = Random.Shared.Next(First, Last);
            if (TryReserve(port) && IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool TryReserve(int port)
    {
        var reservation = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            reservation.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException)
        {
            reservation.Dispose();
            return false;
        }

        lock (Gate)
        {
            Reservations.Add(reservation);
        }

        return true;
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
