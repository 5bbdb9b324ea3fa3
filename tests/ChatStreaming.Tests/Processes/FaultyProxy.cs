using System.Net;
using System.Net.Sockets;

namespace ChatStreaming.Tests.Processes;

/// <summary>
/// A TCP proxy with the usual faults: it closes idle streams, and answers 502 if the test requests it.
/// </summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _server;
    private readonly TimeSpan _idleTimeout;
    private CancellationTokenSource _connections = new();
    private volatile bool _isServerAway;
    private int _resumed;
    private int _refused;

    /// <param name="server">The server behind it.</param>
    /// <param name="idleTimeout">The timeout of idle event streams. Other responses may take as long as they need.</param>
    public FaultyProxy(Uri server, TimeSpan idleTimeout)
    {
        _server = IPEndPoint.Parse(server.Authority);
        _idleTimeout = idleTimeout;
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}/");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>The number of requests with a last event id.</summary>
    public int Resumed => _resumed;

    /// <summary>The number of requests that were answered with 502.</summary>
    public int Refused => _refused;

    /// <summary>Cuts all connections, and answers with 502 from now on.</summary>
    public Task LoseServerAsync()
    {
        _isServerAway = true;
        return Interlocked.Exchange(ref _connections, new CancellationTokenSource()).CancelAsync();
    }

    public void FindServer() => _isServerAway = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _connections.CancelAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client = await _listener.AcceptSocketAsync(_stop.Token);
            _ = ServeAsync(client, _connections.Token);
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken stop)
    {
        try
        {
            using Socket toClient = client;
            if (_isServerAway)
            {
                await RefuseAsync(toClient, stop);
                return;
            }

            using var toServer = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await toServer.ConnectAsync(_server, stop);
            Task requests = CopyAsync(toClient, toServer, Timeout.InfiniteTimeSpan, stop);
            await Task.WhenAny(requests, CopyAsync(toServer, toClient, _idleTimeout, stop));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two has disconnected, or the test has ended.
        }
    }

    private async Task RefuseAsync(Socket client, CancellationToken stop)
    {
        await client.ReceiveAsync(new byte[16 * 1024], stop);
        Interlocked.Increment(ref _refused);
        await client.SendAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stop);
    }

    private async Task CopyAsync(Socket from, Socket to, TimeSpan idleTimeout, CancellationToken stop)
    {
        byte[] buffer = new byte[16 * 1024];
        bool isStream = false;
        while (true)
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(stop);
            idle.CancelAfter(isStream ? idleTimeout : Timeout.InfiniteTimeSpan);
            try
            {
                int count = await from.ReceiveAsync(buffer, idle.Token);
                if (count == 0)
                {
                    return;
                }

                if (buffer.AsSpan(0, count).IndexOf("Last-Event-ID: "u8) >= 0)
                {
                    Interlocked.Increment(ref _resumed);
                }

                isStream |= buffer.AsSpan(0, count).IndexOf("text/event-stream"u8) >= 0;
                await to.SendAsync(buffer.AsMemory(0, count), stop);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // It was idle for too long.
                return;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
