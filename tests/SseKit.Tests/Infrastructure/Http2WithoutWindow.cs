using System.Net.Sockets;
using System.Text;

namespace SseKit.Tests.Infrastructure;

/// <summary>A client of HTTP/2 that requests a stream and gives it no window, so that no byte of the body can be sent.</summary>
public sealed class Http2WithoutWindow : IDisposable
{
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte EndStreamAndHeaders = 5;

    private readonly TcpClient _connection = new();

    private Http2WithoutWindow()
    {
    }

    /// <summary>Sends a request. The answer is not read.</summary>
    /// <param name="server">Its address for HTTP/2 without TLS.</param>
    /// <param name="path">The path.</param>
    /// <param name="post">Whether it is a POST, without a body, and not a GET.</param>
    public static async Task<Http2WithoutWindow> SendAsync(Uri server, string path, bool post = false)
    {
        var client = new Http2WithoutWindow();
        await client._connection.ConnectAsync(server.Host, server.Port).OrTimeout();

        // HPACK (RFC 7541): the method, http, and literals for the path and the authority.
        byte[] request = [post ? (byte)0x83 : (byte)0x82, 0x86, .. Literal(4, path), .. Literal(1, "localhost")];
        byte[] initialWindowSizeZero = [0, 4, 0, 0, 0, 0];
        await client._connection.GetStream().WriteAsync((byte[])
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Frame(Settings, flags: 0, stream: 0, initialWindowSizeZero),
            .. Frame(Headers, EndStreamAndHeaders, stream: 1, request),
        ]).OrTimeout();
        return client;
    }

    /// <summary>Returns when the server has closed the connection or reset it.</summary>
    public async Task ClosedAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await _connection.GetStream().ReadAsync(buffer).OrTimeout() > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }

    public void Dispose() => _connection.Dispose();

    private static byte[] Literal(int nameIndex, string value) =>
        [(byte)(0x40 | nameIndex), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(byte type, byte flags, byte stream, byte[] payload) =>
        [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
