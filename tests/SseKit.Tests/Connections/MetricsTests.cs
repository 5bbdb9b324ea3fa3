using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class MetricsTests : ServerTest
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Open_streams_are_counted_by_route()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock/{zone}", (events, ct) => Task.Delay(Timeout.Infinite, ct)), WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");

        StreamingResponse first = await app.CreateClient().OpenAsync("/clock/utc");
        using StreamingResponse second = await app.CreateClient().OpenAsync("/clock/cet");
        double open = readings.Sum("ssekit.active_connections");
        first.Dispose();
        await readings.WaitForAsync("ssekit.active_connections", reading => reading.Value < 0);

        Assert.Equal(2, open);
        Assert.Equal(1, readings.Sum("ssekit.active_connections"));
        Assert.All(readings.Of("ssekit.active_connections"), reading => Assert.Equal("/clock/{zone}", reading.Tags["http.route"]));
    }

    [Fact]
    public async Task A_duration_is_recorded_with_the_reason()
    {
        var mayEnd = new Signal();
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", (events, ct) => mayEnd.WaitAsync(ct)), WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");
        using StreamingResponse response = await app.CreateClient().OpenAsync("/clock");

        _time.Advance(TimeSpan.FromSeconds(90));
        mayEnd.Set();
        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);

        Assert.Equal(90, duration.Value);
        Assert.Equal(
            [("http.route", "/clock"), ("ssekit.end_reason", "completed")], duration.Tags.Select(tag => (tag.Key, tag.Value)).Order());
    }

    [Theory]
    [InlineData("fails", "failed")]
    [InlineData("is left", "client_left")]
    [InlineData("is stopped", "shutdown")]
    public async Task The_reason_records_how_a_stream_ended(string end, string reason)
    {
        var mayFail = new Signal();
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        KestrelApp app = await StartAsync(
            app => app.MapSse("/clock", async (events, ct) =>
            {
                await mayFail.WaitAsync(ct);
                throw new InvalidOperationException("The clock is broken.");
            }),
            WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");
        StreamingResponse response = await app.CreateClient().OpenAsync("/clock");

        switch (end)
        {
            case "fails":
                mayFail.Set();
                break;
            case "is left":
                response.Dispose();
                break;
            default:
                await app.StopAsync();
                break;
        }

        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal(reason, duration.Tags["ssekit.end_reason"]);
    }

    [Fact]
    public async Task Events_bytes_and_heartbeats_are_counted()
    {
        var mayEnd = new Signal();
        var waits = new Signal();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/answer", ["POST"], async (SseEventWriter events, CancellationToken ct) =>
            {
                await events.WriteAsync("one", ct);
                await events.WriteCommentAsync("hello", ct);
                await events.WriteAsync("two", ct);
                waits.Set();
                await mayEnd.WaitAsync(ct);
            }),
            WithTime);
        using var readings = new MeterReadings(app.Services, "SseKit");
        using StreamingResponse response = await app.CreateClient().OpenAsync(HttpMethod.Post, "/answer");
        await waits.WaitAsync();

        _time.Advance(TimeSpan.FromSeconds(15));
        mayEnd.Set();
        string body = await response.ReadToEndAsync();

        Assert.Equal("data: one\n\n: hello\ndata: two\n\n:\n", body);
        Assert.Equal(2, readings.Sum("ssekit.events_sent"));
        Assert.Equal(1, readings.Sum("ssekit.heartbeats_sent"));
        Assert.Equal(body.Length, readings.Sum("ssekit.bytes_sent"));
    }

    private void WithTime(WebApplicationBuilder builder) => builder.Services.AddSingleton<TimeProvider>(_time);
}
