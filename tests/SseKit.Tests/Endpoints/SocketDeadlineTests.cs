using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class SocketDeadlineTests : ServerTest
{
    private volatile Socket? _socket;

    [Theory]
    [InlineData("/stream", 1)]
    [InlineData("/stream", 2)]
    [InlineData("/foreign", 1)]
    public async Task A_stream_sets_the_timeouts_of_its_connection(string path, int httpVersion)
    {
        await OpenAsync(await StartAsync(Map), path, httpVersion);

        Assert.Equal(new TcpTimeouts(OnLinux(30_000), KeepAlive: true, 15, 5, 3), ReadTimeouts());
    }

    [Fact]
    public async Task A_stream_without_a_write_deadline_sets_none()
    {
        await OpenAsync(await StartAsync(Map), "/endless");

        TcpTimeouts timeouts = ReadTimeouts();
        Assert.Equal((0, false), (timeouts.User, timeouts.KeepAlive));
    }

    [Fact]
    public async Task A_very_short_write_deadline_leaves_time_for_lost_packets()
    {
        await OpenAsync(await StartAsync(Map), "/short");

        Assert.Equal(new TcpTimeouts(OnLinux(5_000), KeepAlive: true, 3, 1, 3), ReadTimeouts());
    }

    [Fact]
    public async Task Streams_that_share_a_connection_only_shorten_its_timeouts()
    {
        KestrelApp app = await StartAsync(Map);
        HttpClient client = app.CreateHttp2Client();

        using StreamingResponse first = await client.OpenAsync("/stream");
        using StreamingResponse second = await client.OpenAsync("/short");
        using StreamingResponse third = await client.OpenAsync("/stream");
        await third.ReadUntilAsync("\n");

        Assert.Equal(new TcpTimeouts(OnLinux(5_000), KeepAlive: true, 3, 1, 3), ReadTimeouts());
    }

    // The server sends nothing and gets no FIN, so only probes or unacknowledged bytes can detect that the client is gone.
    [NetworkNamespaceTheory]
    [InlineData("/short")]
    [InlineData("/silent")]
    public async Task A_client_that_vanishes_without_FIN_no_longer_counts(string path)
    {
        using var network = NetworkNamespace.Create();
        KestrelApp app = await StartAsync(Map, builder => builder.WebHost.UseSockets(sockets =>
            sockets.CreateBoundListenSocket = endpoint =>
                network.Invoke(() => SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint))));
        using var readings = new MeterReadings(app.Services, "SseKit");
        RawConnection client = await network.Invoke(() => app.ConnectAsync());
        await client.GetAsync(path);
        await client.ReadUntilAsync("\n");

        network.Cut();
        var since = Stopwatch.StartNew();
        MeterReading ended = await readings.WaitForAsync("ssekit.connection.duration", _ => true);

        Assert.Equal("client_left", ended.Tags["ssekit.end_reason"]);
        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(12));
    }

    private void Map(WebApplication app)
    {
        app.Use((context, next) =>
        {
            _socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
            return next(context);
        });
        app.UseSse();
        app.MapSse("/stream", WaitAsync);
        app.MapSse("/endless", WaitAsync).WithSseOptions(options => options.WriteTimeout = Timeout.InfiniteTimeSpan);
        app.MapSse("/short", WaitAsync)
            .WithSseOptions(options => options.WriteTimeout = TimeSpan.FromMilliseconds(100))
            .WithSseHeartbeat(TimeSpan.FromMilliseconds(500));
        app.MapSse("/silent", WaitAsync)
            .WithSseOptions(options => options.WriteTimeout = TimeSpan.FromSeconds(5))
            .WithSseHeartbeat(Timeout.InfiniteTimeSpan);
        app.MapGet("/foreign", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await WaitAsync(null!, context.RequestAborted);
        });

        static Task WaitAsync(SseEventWriter events, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct);
    }

    private static async Task OpenAsync(KestrelApp app, string path, int httpVersion = 1)
    {
        StreamingResponse response = await (httpVersion == 2 ? app.CreateHttp2Client() : app.CreateClient()).OpenAsync(path);
        await response.ReadUntilAsync("\n");
    }

    private TcpTimeouts ReadTimeouts()
    {
        return new TcpTimeouts(
            ReadUserTimeout(),
            Read(SocketOptionLevel.Socket, SocketOptionName.KeepAlive) != 0,
            Read(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime),
            Read(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval),
            Read(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));

        int Read(SocketOptionLevel level, SocketOptionName name) => (int)_socket!.GetSocketOption(level, name)!;
    }

    private int ReadUserTimeout()
    {
        Span<byte> milliseconds = stackalloc byte[4];
        if (OperatingSystem.IsLinux())
        {
            _socket!.GetRawSocketOption(6, 18, milliseconds);
        }

        return BitConverter.ToInt32(milliseconds);
    }

    // Other systems do not have the user timeout.
    private static int OnLinux(int milliseconds) => OperatingSystem.IsLinux() ? milliseconds : 0;

    private sealed record TcpTimeouts(int User, bool KeepAlive, int Silence, int Interval, int Probes);
}
