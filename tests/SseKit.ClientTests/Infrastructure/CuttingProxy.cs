using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>Forwards bytes until a cut is due towards a client, and then resets that connection on both sides.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    // Linux: getsockopt(IPPROTO_TCP, TCP_INFO), and tcpi_unacked in struct tcp_info.
    private const int IPProtocolTcp = 6;
    private const int TcpInfo = 11;
    private const int Unacknowledged = 24;

    private readonly Uri _server;
    private readonly Func<ICut> _nextCut;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _accepting;

    private CuttingProxy(Uri server, Func<ICut> nextCut)
    {
        _server = server;
        _nextCut = nextCut;
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/");

    /// <summary>Completes when a connection has been cut.</summary>
    public Task Cut => _cut.Task.OrTimeout();

    /// <summary>Cuts once, after a text has passed. Later connections are not cut.</summary>
    public static CuttingProxy Start(Uri server, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        CuttingProxy? proxy = null;
        return proxy = Start(server, () => proxy!._cut.Task.IsCompleted ? NoCut.Instance : new CutAfterText(bytes));
    }

    /// <summary>Creates the cut for each connection.</summary>
    internal static CuttingProxy Start(Uri server, Func<ICut> nextCut)
    {
        var proxy = new CuttingProxy(server, nextCut);
        proxy._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        proxy._listener.Listen();
        proxy._accepting = proxy.AcceptAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting!;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using Socket connected = client;
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _server.Port, _stop.Token);
            Task requests = PassOnAsync(client, server, NoCut.Instance);
            if (await PassOnAsync(server, client, _nextCut()))
            {
                Reset(server);
                await AcknowledgedAsync(client);
                Reset(client);
                _cut.TrySetResult();
            }

            await requests;
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One of the two has disconnected, or the test has ended.
        }
    }

    private async Task<bool> PassOnAsync(Socket from, Socket to, ICut cut)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and int received)
        {
            int? end = cut.Find(buffer.AsSpan(0, received));
            await to.SendAsync(buffer.AsMemory(0, end ?? received), _stop.Token);
            if (end is not null)
            {
                return true;
            }
        }

        to.Shutdown(SocketShutdown.Send);
        return false;
    }

    // A reset discards bytes that its side has not sent yet.
    private static Task AcknowledgedAsync(Socket socket)
    {
        byte[] info = new byte[Unacknowledged + sizeof(int)];
        return TestTimeout.UntilAsync(() =>
        {
            socket.GetRawSocketOption(IPProtocolTcp, TcpInfo, info);
            return BitConverter.ToInt32(info, Unacknowledged) == 0;
        });
    }

    // Close without a timeout would first shut the connection down, as at a clean end.
    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close(0);
    }
}
