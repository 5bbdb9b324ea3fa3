using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A TCP connection that sends the test's bytes and reads the server's. Bytes are decoded as Latin-1, one character each.
/// </summary>
public sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly StringBuilder _unread = new();

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>Bounds a whole read of several receives, because heartbeats also arrive on a stream that hangs.</summary>
    public TimeSpan ReadTimeout { get; init; } = TestTimeout.Limit;

    public static async Task<RawConnection> ConnectAsync(IPEndPoint server, int? receiveBuffer = null, TimeSpan? readTimeout = null)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(server).OrTimeout();
        return new RawConnection(socket) { ReadTimeout = readTimeout ?? TestTimeout.Limit };
    }

    /// <summary>Sends a GET request of HTTP/1.1 with these header lines.</summary>
    public Task GetAsync(string path, params string[] headers) =>
        SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    public async Task SendAsync(string bytes)
    {
        ReadOnlyMemory<byte> unsent = Encoding.Latin1.GetBytes(bytes);
        while (!unsent.IsEmpty)
        {
            unsent = unsent[await _socket.SendAsync(unsent).OrTimeout()..];
        }
    }

    /// <summary>Reads the status line and the headers, including the blank line that ends them.</summary>
    public Task<string> ReadHeadAsync() => ReadUntilAsync("\r\n\r\n");

    /// <summary>Reads up to and including the first line of every GET stream, the time after which the client reconnects.</summary>
    public async Task<string> ReadPreambleAsync() => await ReadUntilAsync("retry: ") + await ReadUntilAsync("\n");

    /// <summary>Reads up to and including this text. The bytes after it stay for the next read.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        using var timeout = new CancellationTokenSource(ReadTimeout);
        while (true)
        {
            string unread = _unread.ToString();
            int start = unread.IndexOf(text, StringComparison.Ordinal);
            if (start >= 0)
            {
                _unread.Remove(0, start + text.Length);
                return unread[..(start + text.Length)];
            }

            if (!await ReceiveAsync(timeout.Token))
            {
                throw new EndOfStreamException($"The server closed the connection before it sent '{text}'. Unread: '{_unread}'.");
            }
        }
    }

    /// <summary>Reads a number of bytes.</summary>
    public async Task<string> ReadAsync(int count)
    {
        using var timeout = new CancellationTokenSource(ReadTimeout);
        while (_unread.Length < count)
        {
            if (!await ReceiveAsync(timeout.Token))
            {
                throw new EndOfStreamException($"The server closed the connection before it sent {count} bytes. Unread: '{_unread}'.");
            }
        }

        string read = _unread.ToString(0, count);
        _unread.Remove(0, count);
        return read;
    }

    /// <summary>Reads until the server closes the connection. A reset throws a <see cref="SocketException"/>.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var timeout = new CancellationTokenSource(ReadTimeout);
        while (await ReceiveAsync(timeout.Token))
        {
        }

        string rest = _unread.ToString();
        _unread.Clear();
        return rest;
    }

    /// <summary>
    /// Reads until the server closes the connection. A chunked response that is complete fails the test, and so does a reset.
    /// </summary>
    public async Task<string> ReadToBreakAsync()
    {
        string rest = await ReadToEndAsync();
        Assert.DoesNotContain("0\r\n\r\n", rest, StringComparison.Ordinal);
        return rest;
    }

    /// <summary>Sends a FIN: the server reads the end of the connection.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Disconnects by a reset, which fails the server's next write.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReceiveAsync(CancellationToken timeout)
    {
        try
        {
            int received = await _socket.ReceiveAsync(_buffer, timeout);
            _unread.Append(Encoding.Latin1.GetString(_buffer, 0, received));
            return received > 0;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"What the test waits for did not arrive in {ReadTimeout}. Unread: '{_unread}'.");
        }
    }
}
