using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>A client that reads a large event steadily, for longer than the write deadline.</summary>
public sealed class SlowReaderTests : ServerTest
{
    private const int EventSize = 8 * 1024 * 1024;
    private const int SocketBuffer = 64 * 1024;
    private const int Step = 512 * 1024;

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("/text")]
    [InlineData("/json")]
    [InlineData("/topic")]
    [InlineData("/foreign")]
    public async Task A_slow_client_gets_an_event_over_several_deadlines(string path)
    {
        KestrelApp app = await StartAsync(Map, builder =>
        {
            builder.Services.AddSse().Services.AddSingleton<TimeProvider>(_time);

            // Small buffers, so that the server's writes depend on the client's reads.
            builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endpoint =>
            {
                Socket listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                listener.SendBufferSize = SocketBuffer;
                return listener;
            });
        });
        if (path == "/topic")
        {
            ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
            await publisher.PublishAsync("t", new string('x', EventSize));
            await publisher.CompleteAsync("t");
        }

        RawConnection client = await app.ConnectAsync(SocketBuffer);
        await client.GetAsync(path);
        await client.ReadHeadAsync();

        for (int read = 0; read < EventSize; read += Step)
        {
            await client.ReadAsync(Step);
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        await client.ReadUntilAsync("\r\n0\r\n\r\n");
        await app.StopAsync();
        Assert.DoesNotContain(Logs.Records, record => record.Level >= LogLevel.Warning);
    }

    private static void Map(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/text", (events, ct) => events.WriteAsync(new string('x', EventSize), ct).AsTask());
        app.MapSse("/json", (events, ct) => events.WriteAsync(new { text = new string('x', EventSize) }, ct).AsTask());
        app.MapSse("/topic", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Earliest }));
        app.MapGet("/foreign", (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            return context.Response.WriteAsync($"data: {new string('x', EventSize)}\n\n");
        });
    }
}
