using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class WriteTimeoutTests : ServerTest
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly Signal _stuck = new();
    private readonly Signal _tokenFired = new();
    private readonly Signal _handlerLeft = new();

    [Theory]
    [InlineData("/flood")]
    [InlineData("/flood-without-heartbeats")]
    [InlineData("/flood-that-is-deaf")]
    public async Task A_client_that_never_reads_is_aborted_and_others_continue(string path)
    {
        KestrelApp app = await StartAsync(Map, WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");
        using StreamingResponse reader = await app.CreateClient().OpenAsync("/silent");
        await reader.ReadPreambleAsync();
        RawConnection stuck = await app.ConnectAsync();
        await stuck.GetAsync(path);
        await _stuck.WaitAsync();

        _time.Advance(Default);
        await _tokenFired.WaitAsync();
        await _handlerLeft.WaitAsync();
        MeterReading aborted = await readings.WaitForAsync("ssekit.write_timeouts", _ => true);
        MeterReading ended = await readings.WaitForAsync("ssekit.connection.duration", _ => true);

        Assert.Equal((1, path), (aborted.Value, aborted.Tags["http.route"]));
        Assert.Equal("write_timeout", ended.Tags["ssekit.end_reason"]);
        LogRecord warning = Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.WriteTimedOut);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains(path, warning.Message);
        await Assert.ThrowsAsync<SocketException>(stuck.ReadToEndAsync);
        Assert.Equal(":\n", await reader.ReadUntilAsync("\n"));
    }

    [Fact]
    public async Task No_client_is_aborted_before_the_deadline()
    {
        KestrelApp app = await StartAsync(Map, WithTime);
        using StreamingResponse behind = await app.CreateClient().OpenAsync("/once");
        await _stuck.WaitAsync();

        _time.Advance(Default - TimeSpan.FromMilliseconds(1));
        string body = await behind.ReadToEndAsync();
        await _handlerLeft.WaitAsync();

        Assert.EndsWith("x\n\n", body);
        Assert.DoesNotContain(Logs.Records, record => record.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_stuck_client_is_aborted_after_its_write_was_cancelled()
    {
        KestrelApp app = await StartAsync(Map, WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");
        RawConnection stuck = await app.ConnectAsync();
        await stuck.GetAsync("/gives-up");
        await _handlerLeft.WaitAsync();

        _time.Advance(Default);

        MeterReading ended = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal("write_timeout", ended.Tags["ssekit.end_reason"]);
    }

    [Fact]
    public async Task No_heartbeats_are_queued_for_a_stuck_client()
    {
        KestrelApp app = await StartAsync(Map, WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");
        RawConnection stuck = await app.ConnectAsync();
        await stuck.GetAsync("/flood");
        await _stuck.WaitAsync();

        _time.Advance(Default);
        await _handlerLeft.WaitAsync();

        Assert.Empty(readings.Of("ssekit.heartbeats_sent"));
    }

    private void Map(WebApplication app)
    {
        app.MapSse("/silent", (events, ct) => Task.Delay(Timeout.Infinite, ct));
        app.MapSse("/flood", (events, ct) => FloodAsync(events, ct, ct));
        app.MapSse("/flood-that-is-deaf", (events, ct) => FloodAsync(events, ct, CancellationToken.None));
        app.MapSse("/flood-without-heartbeats", (events, ct) => FloodAsync(events, ct, ct)).WithSseHeartbeat(Timeout.InfiniteTimeSpan);
        app.MapSse("/once", (events, ct) => FloodAsync(events, ct, ct, onlyOnce: true));
        app.MapSse("/gives-up", async (events, ct) =>
        {
            using var cancellation = new CancellationTokenSource();
            Task flooding = FloodAsync(events, ct, cancellation.Token);
            await _stuck.WaitAsync(ct);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flooding);
        });
    }

    private async Task FloodAsync(SseEventWriter events, CancellationToken aborted, CancellationToken passedOn, bool onlyOnce = false)
    {
        _ = aborted.Register(_tokenFired.Set);
        string chunk = new('x', 500_000);
        try
        {
            while (!_stuck.IsSet || !onlyOnce)
            {
                Task writing = events.WriteAsync(chunk, passedOn).AsTask();
                if (await Task.WhenAny(writing, Task.Delay(200, CancellationToken.None)) != writing)
                {
                    _stuck.Set();
                }

                await writing;
            }
        }
        finally
        {
            _handlerLeft.Set();
        }
    }

    private void WithTime(WebApplicationBuilder builder) => builder.Services.AddSingleton<TimeProvider>(_time);
}
