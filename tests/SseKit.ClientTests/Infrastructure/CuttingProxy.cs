using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// Passes bytes on until a text has gone by on the way to a client, and then resets that connection on both sides, as a failing network does. Once: the
/// connections after it are left alone.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly Uri _server;
    private readonly byte[] _text;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _accepting;

    private CuttingProxy(Uri server, string text)
    {
        _server = server;
        _text = Encoding.UTF8.GetBytes(text);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/");

    /// <summary>Completes when a connection has been cut.</summary>
    public Task Cut => _cut.Task.OrTimeout();

    public static CuttingProxy Start(Uri server, string text)
    {
        var proxy = new CuttingProxy(server, text);
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
            // The test is over.
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
            Task requests = PassOnAsync(client, server, static _ => false);
            await PassOnAsync(server, client, HasPassed());
            Reset(client);
            Reset(server);
            await requests;
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One of the two has left, or the test is over.
        }
    }

    private async Task PassOnAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, bool> isEnough)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and int received)
        {
            await to.SendAsync(buffer.AsMemory(0, received), _stop.Token);
            if (isEnough(buffer.AsMemory(0, received)))
            {
                _cut.TrySetResult();
                return;
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    // The text may come in two pieces.
    private Func<ReadOnlyMemory<byte>, bool> HasPassed()
    {
        byte[] seen = [];
        return bytes =>
        {
            seen = [.. seen, .. bytes.Span];
            return !_cut.Task.IsCompleted && seen.AsSpan().IndexOf(_text) >= 0;
        };
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
