using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class HttpVersionTests : ServerTest
{
    [Fact]
    public async Task A_client_of_http_1_0_gets_the_unchunked_stream()
    {
        var mayEnd = new Signal();
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", async (events, ct) =>
        {
            await events.WriteAsync("tick", ct);
            await mayEnd.WaitAsync(ct);
        }));
        RawConnection raw = await app.ConnectAsync();

        await raw.SendAsync("GET /clock HTTP/1.0\r\n\r\n");
        string head = await raw.ReadHeadAsync();
        string first = await raw.ReadUntilAsync("tick\n\n");
        mayEnd.Set();
        string rest = await raw.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.DoesNotContain("Transfer-Encoding", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("data: tick\n\n", first.AfterPreamble());
        Assert.Equal("", rest);
    }

    [Fact]
    public async Task A_failed_stream_on_http_1_0_is_reset()
    {
        var mayFail = new Signal();
        Logs.ExpectError(record => record.Exception?.Message == "The source is dry.");
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", async (events, ct) =>
        {
            await mayFail.WaitAsync(ct);
            throw new InvalidOperationException("The source is dry.");
        }));
        RawConnection raw = await app.ConnectAsync();
        await raw.SendAsync("GET /clock HTTP/1.0\r\n\r\n");
        await raw.ReadPreambleAsync();

        mayFail.Set();

        await Assert.ThrowsAsync<SocketException>(raw.ReadToEndAsync);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Streams_run_over_tls(string version)
    {
        var mayEnd = new Signal();
        using X509Certificate2 certificate = SelfSignedCertificate.Create();
        ListenOptions? https = null;
        await StartAsync(
            app => app.MapSse("/clock", async (events, ct) =>
            {
                await events.WriteAsync("tick", ct);
                await mayEnd.WaitAsync(ct);
            }),
            builder => builder.WebHost.ConfigureKestrel(kestrel =>
                kestrel.Listen(IPAddress.Loopback, 0, listen => (https = listen).UseHttps(certificate))));
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = SelfSignedCertificate.TrustOnly(certificate) })
        {
            BaseAddress = new Uri($"https://{https!.IPEndPoint}"),
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using StreamingResponse response = await client.OpenAsync("/clock");
        string first = await response.ReadUntilAsync("tick\n\n");
        mayEnd.Set();
        string rest = await response.ReadToEndAsync();

        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Equal(("data: tick\n\n", ""), (first.AfterPreamble(), rest));
    }
}
