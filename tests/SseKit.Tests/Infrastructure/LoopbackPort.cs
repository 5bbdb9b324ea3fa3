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
    private static readonly HashSet<int> Taken = [];

    public static int Take()
    {
        lock (Gate)
        {
            while (true)
            {
                int port = Random.Shared.Next(First, Last);
                if (IsFree(port) && Taken.Add(port))
                {
                    return port;
                }
            }
        }
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
