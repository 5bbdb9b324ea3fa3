using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class DisconnectTests : ServerTest
{
    private readonly Signal _tokenFired = new();
    private readonly Signal _handlerLeft = new();
    private Exception? _lateWrite;

    [Theory]
    [InlineData("/writer", "FIN")]
    [InlineData("/writer", "RST")]
    [InlineData("/writer", "RST_STREAM")]
    [InlineData("/plain", "FIN")]
    [InlineData("/plain", "RST")]
    [InlineData("/plain", "RST_STREAM")]
    public async Task A_disconnect_fires_the_token_and_later_writes_throw(string path, string manner)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse());
        using var readings = new MeterReadings(app.Services, "SseKit");

        await LeaveAsync(app, path, manner);
        await _tokenFired.WaitAsync();
        await _handlerLeft.WaitAsync();
        MeterReading ended = await readings.WaitForAsync("ssekit.connection.duration", _ => true);

        Assert.IsAssignableFrom<OperationCanceledException>(_lateWrite);
        Assert.Equal("client_left", ended.Tags["ssekit.end_reason"]);
        await AssertQuietAsync(app);
    }

    [Theory]
    [InlineData("/values", "FIN")]
    [InlineData("/values", "RST")]
    [InlineData("/values", "RST_STREAM")]
    [InlineData("/typed-values", "FIN")]
    [InlineData("/typed-values", "RST_STREAM")]
    [InlineData("/values-without-token", "FIN")]
    [InlineData("/values-without-token", "RST_STREAM")]
    public async Task A_disconnect_stops_and_disposes_the_iterator(string path, string manner)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse());

        await LeaveAsync(app, path, manner);

        await _tokenFired.WaitAsync();
        await _handlerLeft.WaitAsync();
        await AssertQuietAsync(app);
    }

    [Theory]
    [InlineData("FIN")]
    [InlineData("RST")]
    [InlineData("RST_STREAM")]
    public async Task A_disconnect_during_many_writes_is_no_error(string manner)
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse());

        await LeaveAsync(app, "/flood", manner);

        await _tokenFired.WaitAsync();
        await _handlerLeft.WaitAsync();
        await AssertQuietAsync(app);
    }

    [Fact]
    public async Task A_handler_that_ignores_its_token_gets_an_exception()
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSse());

        await LeaveAsync(app, "/deaf", "RST");

        await _handlerLeft.WaitAsync();
        await AssertQuietAsync(app);
    }

    private static async Task LeaveAsync(KestrelApp app, string path, string manner)
    {
        if (manner == "RST_STREAM")
        {
            using StreamingResponse http2 = await app.CreateHttp2Client().OpenAsync(path);
            await http2.ReadUntilAsync("data: ");
            return;
        }

        RawConnection raw = await app.ConnectAsync();
        await raw.GetAsync(path);
        await raw.ReadUntilAsync("data: ");
        if (manner == "RST")
        {
            raw.Reset();
        }
        else
        {
            raw.ShutdownSend();
        }
    }

    // All messages about the disconnected client are logged when the server has stopped.
    private async Task AssertQuietAsync(KestrelApp app)
    {
        await app.StopAsync();

        Assert.DoesNotContain(Logs.Records, record => record.Level >= LogLevel.Warning);
        Assert.DoesNotContain(
            Logs.Records,
            record => record.Level > LogLevel.Debug && record.Category.StartsWith("SseKit", StringComparison.Ordinal)
                && record.Id.Id != LogEventIds.Stopping);
        Assert.Equal(0, app.Services.GetRequiredService<StreamRuntime>().Registry.Count);
    }

    private void Map(WebApplication app)
    {
        app.MapSse("/writer", WriteUntilLeftAsync);
        app.MapGet("/plain", WriteUntilLeftAsync);
        app.MapSse("/values", (CancellationToken ct) => YieldUntilLeft(ct));
        app.MapSse("/typed-values", (HttpContext context, CancellationToken ct) => YieldUntilLeft(ct));
        app.MapSse("/values-without-token", () => YieldUntilLeft(default));
        app.MapSse("/flood", async (events, ct) =>
        {
            _ = ct.Register(_tokenFired.Set);
            try
            {
                while (true)
                {
                    await events.WriteAsync(new string('x', 10_000), ct);
                }
            }
            finally
            {
                _handlerLeft.Set();
            }
        });
        app.MapSse("/deaf", async (SseEventWriter events) =>
        {
            try
            {
                while (true)
                {
                    await events.WriteAsync("tick");
                    await Task.Yield();
                }
            }
            finally
            {
                _handlerLeft.Set();
            }
        });
    }

    private async Task WriteUntilLeftAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        _ = cancellationToken.Register(_tokenFired.Set);
        await events.WriteAsync("one", cancellationToken);
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _lateWrite = await Record.ExceptionAsync(() => events.WriteAsync("too late", CancellationToken.None).AsTask());
            throw;
        }
        finally
        {
            _handlerLeft.Set();
        }
    }

    private async IAsyncEnumerable<int> YieldUntilLeft([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return 1;
            _ = cancellationToken.Register(_tokenFired.Set);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _handlerLeft.Set();
        }
    }
}
