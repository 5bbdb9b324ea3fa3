using System.Net;
using System.Net.Sockets;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class CuttingProxyTests
{
    [Fact]
    public async Task A_cut_resets_both_sides_after_the_forwarded_bytes()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using CuttingProxy proxy = CuttingProxy.Start(new Uri($"http://{listener.LocalEndpoint}/"), "cut");
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, proxy.Address.Port).OrTimeout();
        using Socket server = await listener.AcceptSocketAsync().OrTimeout();

        await server.SendAsync("cut"u8.ToArray()).OrTimeout();
        await proxy.Cut;

        byte[] received = new byte[16];
        Assert.Equal(3, await client.ReceiveAsync(received).OrTimeout());
        Assert.Equal(SocketError.ConnectionReset, await ErrorOfAsync(client));
        Assert.Equal(SocketError.ConnectionReset, await ErrorOfAsync(server));
    }

    private static async Task<SocketError> ErrorOfAsync(Socket socket)
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1]).OrTimeout());
        return exception.SocketErrorCode;
    }
}
