using System.Net;
using System.Net.Security;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>A stream fails while its client is far behind. The client still gets all of it, and then a break.</summary>
public sealed class SlowFailureTests : ServerTest, IDisposable
{
    private const string Message = "The model is gone.";
    private const string FailureEvent = $"event: error\ndata: {Message}\n\n";
    private const int Events = 64;
    private const int EventSize = 32 * 1024;

    // The network of the client. All events take more than a second.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // Longer than the end of a stream that nothing reads.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1.2);

    private static readonly string LargeEvent = $"data: {new string('x', 8 * 1024 * 1024)}\n\n";

    private readonly Signal _failing = new();
    private readonly string _text = new('x', EventSize);
    private readonly X509Certificate2 _certificate = SelfSignedCertificate.Create();
    private ListenOptions? _https;

    [Theory]
    [InlineData("GET", "/writer")]
    [InlineData("POST", "/writer")]
    [InlineData("GET", "/values")]
    [InlineData("GET", "/swallowed")]
    [InlineData("GET", "/framework")]
    [InlineData("GET", "/loop")]
    [InlineData("GET", "/run")]
    public async Task A_slow_client_gets_the_end_of_a_failed_stream(string method, string path)
    {
        KestrelApp app = await StartAsync();
        using Socket socket = await ConnectAsync(app.BaseAddress.Port);
        await using var stream = new NetworkStream(socket);

        string body = await RequestAsync(stream, method, path);

        AssertWhole(body, path);
    }

    [Fact]
    public async Task A_slow_client_of_TLS_gets_the_end()
    {
        await StartAsync();
        using Socket socket = await ConnectAsync(_https!.IPEndPoint!.Port);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(SelfSignedCertificate.TrustOnly(_certificate)).OrTimeout();

        string body = await RequestAsync(tls, "GET", "/writer");

        AssertWhole(body, "/writer");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_late_client_gets_an_event_that_nothing_waited_for(int httpVersion)
    {
        KestrelApp app = await StartAsync();
        using HttpClient client = httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client();
        using StreamingResponse response = await client.OpenAsync("/unawaited");
        await _failing.WaitAsync();
        await Task.Delay(Late);

        string body = await response.ReadToBreakAsync();

        Assert.Equal(LargeEvent.Length + FailureEvent.Length, body.AfterPreamble().Length);
        Assert.EndsWith(FailureEvent, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_never_reads_is_aborted_at_the_deadline()
    {
        var time = new ManualTimeProvider();
        KestrelApp app = await StartAsync(time);
        RawConnection client = await app.ConnectAsync(receiveBuffer: EventSize);
        await client.GetAsync("/unawaited");
        await _failing.WaitAsync();
        ConnectionRegistry registry = app.Services.GetRequiredService<StreamRuntime>().Registry;
        await Task.Delay(Late);
        int before = registry.Count;

        // The deadline begins at an unknown time.
        await TestTimeout.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(30));
            return registry.Count == 0;
        });

        Assert.Equal(1, before);
        await Assert.ThrowsAsync<SocketException>(client.ReadToEndAsync);
    }

    [Fact]
    public async Task A_client_that_keeps_its_connection_is_aborted_too()
    {
        var time = new ManualTimeProvider();
        KestrelApp app = await StartAsync(time);
        using Socket socket = await ConnectAsync(_https!.IPEndPoint!.Port);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(SelfSignedCertificate.TrustOnly(_certificate)).OrTimeout();
        AssertWhole(await RequestAsync(tls, "GET", "/writer"), "/writer");

        ConnectionRegistry registry = app.Services.GetRequiredService<StreamRuntime>().Registry;
        await TestTimeout.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(30));
            return registry.Count == 0;
        });
    }

    [Fact]
    public async Task A_client_that_never_reads_does_not_delay_a_stop()
    {
        KestrelApp app = await StartAsync();
        RawConnection client = await app.ConnectAsync(receiveBuffer: EventSize);
        await client.GetAsync("/unawaited");
        await _failing.WaitAsync();

        long start = TimeProvider.System.GetTimestamp();
        await app.StopAsync();

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    public void Dispose() => _certificate.Dispose();

    private static void AssertWhole(string body, string path)
    {
        Assert.Equal(Events, body.Split("data: x").Length - 1);
        Assert.DoesNotContain("\r\n0\r\n\r\n", body, StringComparison.Ordinal);
        Assert.Contains(path == "/run" ? "event: ssekit.failed" : FailureEvent, body, StringComparison.Ordinal);
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = EventSize };
        await socket.ConnectAsync(IPAddress.Loopback, port).OrTimeout();
        return socket;
    }

    private static async Task<string> RequestAsync(Stream connection, string method, string path)
    {
        var body = new StringBuilder();
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")).AsTask().OrTimeout();
        await ReadSlowlyAsync(connection, body);
        return body.ToString();
    }

    private static async Task ReadSlowlyAsync(Stream stream, StringBuilder body)
    {
        byte[] buffer = new byte[EventSize];
        while (await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false).AsTask().OrTimeout() is var read and > 0)
        {
            body.Append(Encoding.ASCII.GetString(buffer, 0, read));
            await Task.Delay(Pause);
        }
    }

    private Task<KestrelApp> StartAsync(TimeProvider? time = null)
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        return StartAsync(Map, builder =>
        {
            builder.Services.AddSse(options => options.FailureEvent = failure => new SseItem<string>(failure.Message, "error"));
            builder.Services.AddSingleton(time ?? TimeProvider.System);
            builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => (_https = listen).UseHttps(_certificate)));
        });
    }

    private void Map(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (IOException) when (context.Request.Path == "/swallowed")
            {
            }
        });
        app.UseSse();
        app.MapSse("/writer", ["GET", "POST"], WriteThenThrowAsync);
        app.MapSse("/swallowed", WriteThenThrowAsync);
        app.MapSse("/values", (CancellationToken ct) => YieldThenThrowAsync(ct));
        app.MapGet("/framework", (CancellationToken ct) => TypedResults.ServerSentEvents(YieldThenThrowAsync(ct)));
        app.MapGet("/loop", async (HttpContext context, CancellationToken ct) =>
        {
            context.Response.ContentType = "text/event-stream";
            await foreach (string text in YieldThenThrowAsync(ct))
            {
                await context.Response.WriteAsync($"data: {text}\n\n", ct);
            }
        });
        app.MapSse("/unawaited", (events, ct) =>
        {
            _ = events.WriteAsync(LargeEvent["data: ".Length..^2], ct).AsTask();
            _failing.Set();
            throw new InvalidOperationException(Message);
        });
        app.MapSse("/run", WriteThenThrowAsync).WithSseReplay("run");
    }

    private async Task WriteThenThrowAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        await foreach (string text in YieldThenThrowAsync(cancellationToken))
        {
            await events.WriteAsync(text, cancellationToken);
        }
    }

    private async IAsyncEnumerable<string> YieldThenThrowAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        for (int count = 0; count < Events; count++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return _text;
        }

        throw new InvalidOperationException(Message);
    }
}
