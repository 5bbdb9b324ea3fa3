using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A TCP connection that says what the test says and reads what the server sent, byte for byte. Bytes are shown as Latin-1, one
/// character each.
/// </summary>
public sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly StringBuilder _unread = new();

    private RawConnection(Socket socket) => _socket = socket;

    public static async Task<RawConnection> ConnectAsync(IPEndPoint server, int? receiveBuffer = null)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(server).OrTimeout();
        return new RawConnection(socket);
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

    /// <summary>The status line and the headers, the blank line that ends them included.</summary>
    public Task<string> ReadHeadAsync() => ReadUntilAsync("\r\n\r\n");

    /// <summary>What comes up to the line that opens every GET stream, which tells the client when to reconnect, and with it.</summary>
    public async Task<string> ReadPreambleAsync() => await ReadUntilAsync("retry: ") + await ReadUntilAsync("\n");

    /// <summary>What comes up to this text and with it. What comes after it stays for the next read.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        while (true)
        {
            string unread = _unread.ToString();
            int start = unread.IndexOf(text, StringComparison.Ordinal);
            if (start >= 0)
            {
                _unread.Remove(0, start + text.Length);
                return unread[..(start + text.Length)];
            }

            if (!await ReceiveAsync())
            {
                throw new EndOfStreamException($"The server closed the connection before it sent '{text}'. Unread: '{_unread}'.");
            }
        }
    }

    /// <summary>The next bytes, as many as that.</summary>
    public async Task<string> ReadAsync(int count)
    {
        while (_unread.Length < count)
        {
            if (!await ReceiveAsync())
            {
                throw new EndOfStreamException($"The server closed the connection before it sent {count} bytes. Unread: '{_unread}'.");
            }
        }

        string read = _unread.ToString(0, count);
        _unread.Remove(0, count);
        return read;
    }

    /// <summary>What comes until the server closes the connection. A reset throws a <see cref="SocketException"/>.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        string rest = _unread.ToString();
        _unread.Clear();
        return rest;
    }

    /// <summary>Says goodbye as TCP does: nothing more will be sent, and the server sees an end.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves without a word: the server's next write meets a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        int received = await _socket.ReceiveAsync(_buffer).OrTimeout();
        _unread.Append(Encoding.Latin1.GetString(_buffer, 0, received));
        return received > 0;
    }
}
