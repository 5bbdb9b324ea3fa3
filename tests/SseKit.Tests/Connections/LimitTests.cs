using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class LimitTests : ServerTest
{
    private static readonly (string, string) AsEventSource = ("Accept", "text/event-stream");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_EventSource_over_the_limit_gets_a_long_retry(int httpVersion)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", WaitAsync), WithMaxConnections(1));
        using StreamingResponse first = await app.CreateClient().OpenAsync("/clock");

        using StreamingResponse second =
            await (httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync("/clock", AsEventSource);
        string body = await second.ReadToEndAsync();

        Assert.Equal((HttpStatusCode.OK, "text/event-stream; charset=utf-8"), (second.Status, second.Headers["Content-Type"]));
        Assert.Equal("no-cache, no-store, no-transform", second.Headers["Cache-Control"]);
        Assert.InRange(RetryOf(body), 15_000, 45_000);
    }

    [Fact]
    public async Task Retries_of_refused_clients_differ()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", WaitAsync), WithMaxConnections(1));
        using StreamingResponse first = await app.CreateClient().OpenAsync("/clock");

        var retries = new HashSet<int>();
        for (int i = 0; i < 5; i++)
        {
            using StreamingResponse refused = await app.CreateClient().OpenAsync("/clock", AsEventSource);
            retries.Add(RetryOf(await refused.ReadToEndAsync()));
        }

        Assert.True(retries.Count > 1);
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("GET", "application/json")]
    [InlineData("POST", "text/event-stream")]
    public async Task Other_clients_over_the_limit_get_503_with_Retry_After(string method, string? accept)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", ["GET", "POST"], WaitAsync), WithMaxConnections(1));
        using StreamingResponse first = await app.CreateClient().OpenAsync("/clock");

        using StreamingResponse second = await app.CreateClient().OpenAsync(
            new HttpMethod(method), "/clock", accept is null ? [] : [("Accept", accept)]);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.Status);
        Assert.InRange(int.Parse(second.Headers["Retry-After"], CultureInfo.InvariantCulture), 15, 45);
        Assert.False(second.Headers.ContainsKey("Content-Type"));
        Assert.Equal("", await second.ReadToEndAsync());
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/values")]
    [InlineData("/plain")]
    [InlineData("/filtered")]
    public async Task A_handler_over_the_limit_gets_an_exception(string path)
    {
        int events = 0;
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse("/clock", WaitAsync);
                app.MapSse("/writer", WriteAsync);
                app.MapSse("/values", Values);
                app.MapGet("/plain", WriteAsync);
                app.MapGet("/filtered", WriteAsync).AddEndpointFilter((context, next) => next(context));
            },
            WithMaxConnections(1));
        using StreamingResponse first = await app.CreateClient().OpenAsync("/clock");

        using StreamingResponse second = await app.CreateClient().OpenAsync(path);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.Status);
        Assert.Equal(0, events);

        async Task WriteAsync(SseEventWriter writer, CancellationToken cancellationToken)
        {
            await writer.WriteAsync("one", cancellationToken);
            events++;
        }

        async IAsyncEnumerable<int> Values()
        {
            events++;
            await Task.Yield();
            yield return 1;
        }
    }

    [Fact]
    public async Task A_disconnected_client_no_longer_counts()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", WaitAsync), WithMaxConnections(1));
        using var readings = new MeterReadings(app.Services, "SseKit");
        using (StreamingResponse first = await app.CreateClient().OpenAsync("/clock"))
        {
            await first.ReadPreambleAsync();
        }

        await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        using StreamingResponse second = await app.CreateClient().OpenAsync("/clock");

        Assert.Equal(HttpStatusCode.OK, second.Status);
    }

    [Fact]
    public async Task A_limit_applies_per_key_and_not_without_key()
    {
        KestrelApp app = await StartAsync(app => app
            .MapSse("/rooms", WaitAsync)
            .WithSseConnectionLimit(2, context => context.Request.Query["user"].FirstOrDefault()));
        HttpClient client = app.CreateClient();

        HttpStatusCode[] statuses =
        [
            (await client.OpenAsync("/rooms?user=ada")).Status,
            (await client.OpenAsync("/rooms?user=ada")).Status,
            (await client.OpenAsync("/rooms?user=ada")).Status,
            (await client.OpenAsync("/rooms?user=bob")).Status,
            (await client.OpenAsync("/rooms")).Status,
            (await client.OpenAsync("/rooms")).Status,
            (await client.OpenAsync("/rooms")).Status,
        ];

        Assert.Equal([200, 200, 503, 200, 200, 200, 200], statuses.Select(status => (int)status));
    }

    [Fact]
    public async Task A_limit_without_a_key_counts_the_endpoint()
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/one", WaitAsync).WithSseConnectionLimit(1);
            app.MapSse("/other", WaitAsync).WithSseConnectionLimit(1);
        });
        HttpClient client = app.CreateClient();

        HttpStatusCode[] statuses =
        [
            (await client.OpenAsync("/one")).Status,
            (await client.OpenAsync("/one")).Status,
            (await client.OpenAsync("/other")).Status,
        ];

        Assert.Equal([200, 503, 200], statuses.Select(status => (int)status));
    }

    [Fact]
    public async Task A_limit_on_a_group_counts_its_endpoints_together()
    {
        KestrelApp app = await StartAsync(app =>
        {
            RouteGroupBuilder group = app.MapGroup("/group").WithSseConnectionLimit(2);
            group.MapSse("/typed", WaitAsync);
            group.MapGet("/plain", WaitAsync);
            app.MapSse("/outside", WaitAsync);
        });
        HttpClient client = app.CreateClient();

        HttpStatusCode[] statuses =
        [
            (await client.OpenAsync("/group/typed")).Status,
            (await client.OpenAsync("/group/plain")).Status,
            (await client.OpenAsync("/group/typed")).Status,
            (await client.OpenAsync("/outside")).Status,
        ];

        Assert.Equal([200, 200, 503, 200], statuses.Select(status => (int)status));
    }

    [Fact]
    public async Task A_disconnected_client_no_longer_counts_for_its_key()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/rooms", WaitAsync).WithSseConnectionLimit(1, _ => "ada"));
        using var readings = new MeterReadings(app.Services, "SseKit");
        (await app.CreateClient().OpenAsync("/rooms")).Dispose();
        await readings.WaitForAsync("ssekit.connection.duration", _ => true);

        using StreamingResponse second = await app.CreateClient().OpenAsync("/rooms");

        Assert.Equal(HttpStatusCode.OK, second.Status);
    }

    [Fact]
    public async Task A_stream_that_cannot_start_no_longer_counts()
    {
        KestrelApp app = await StartAsync(app =>
        {
            RouteGroupBuilder group = app.MapGroup("/").WithSseConnectionLimit(1);
            group.MapGet("/started", async (HttpContext context, SseEventWriter events) =>
            {
                await context.Response.WriteAsync("by hand ");
                await Assert.ThrowsAsync<InvalidOperationException>(() => events.WriteAsync("one").AsTask());
                await Assert.ThrowsAsync<InvalidOperationException>(() => events.WriteAsync("two").AsTask());
            }).AddEndpointFilter((context, next) => next(context));
            group.MapSse("/clock", WaitAsync);
        });
        using var readings = new MeterReadings(app.Services, "SseKit");

        Assert.Equal("by hand ", await app.CreateClient().GetStringAsync("/started"));
        using StreamingResponse second = await app.CreateClient().OpenAsync("/clock");

        Assert.Equal(HttpStatusCode.OK, second.Status);
        Assert.Empty(readings.Of("ssekit.connection.duration"));
    }

    [Fact]
    public async Task Refused_connections_are_counted_and_logged()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse("/own", WaitAsync).WithSseConnectionLimit(1);
                app.MapSse("/clock", WaitAsync);
            },
            WithMaxConnections(2));
        using var readings = new MeterReadings(app.Services, "SseKit");
        HttpClient client = app.CreateClient();

        foreach (string path in (string[])["/own", "/own", "/clock", "/clock"])
        {
            await client.OpenAsync(path);
        }

        MeterReading[] refused = [.. readings.Of("ssekit.refused_connections")];
        Assert.Equal(
            [("/own", "connection_limit"), ("/clock", "max_connections")],
            refused.Select(reading => (reading.Tags["http.route"], reading.Tags["ssekit.refusal"])));
        Assert.Equal(2, Logs.Records.Count(record => record.Id.Id == LogEventIds.ConnectionRefused && record.Level == LogLevel.Warning));
    }

    [Fact]
    public async Task Head_counts_only_until_its_headers_are_sent()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", WaitAsync), WithMaxConnections(1));
        using var readings = new MeterReadings(app.Services, "SseKit");
        HttpClient client = app.CreateClient();

        (await client.OpenAsync(HttpMethod.Head, "/clock")).Dispose();
        await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        using StreamingResponse response = await client.OpenAsync("/clock");

        Assert.Equal(HttpStatusCode.OK, response.Status);
    }

    [Fact]
    public async Task A_thousand_disconnected_clients_leave_nothing_behind()
    {
        const int Clients = 1_000;
        int handlersLeft = 0;
        var allLeft = new Signal();
        KestrelApp app = await StartAsync(
            app => app
                .MapSse("/clock", async (events, ct) =>
                {
                    try
                    {
                        await WaitAsync(events, ct);
                    }
                    finally
                    {
                        if (Interlocked.Increment(ref handlersLeft) == Clients)
                        {
                            allLeft.Set();
                        }
                    }
                })
                .WithSseConnectionLimit(Clients, _ => "all"),
            builder => builder.Services.AddSse());
        using var readings = new MeterReadings(app.Services, "SseKit");
        HttpClient client = app.CreateHttp2Client();

        await Parallel.ForAsync(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (_, _) =>
        {
            using StreamingResponse response = await client.OpenAsync("/clock");
            await response.ReadPreambleAsync();
        });
        await allLeft.WaitAsync();
        await app.StopAsync();

        StreamRuntime runtime = app.Services.GetRequiredService<StreamRuntime>();
        Assert.Equal(0, runtime.Registry.Count);
        Assert.Equal(0, runtime.Registry.Keys);
        Assert.InRange(runtime.Schedule.Places, 0, 1024);
        Assert.Equal(0, readings.Sum("ssekit.active_connections"));
        Assert.Equal(Clients, readings.Of("ssekit.connection.duration").Count);
    }

    private static Action<WebApplicationBuilder> WithMaxConnections(int max) =>
        builder => builder.Services.AddSse(options => options.MaxConnections = max);

    private static async Task WaitAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        await Task.Delay(Timeout.Infinite, cancellationToken);

    private static int RetryOf(string body) =>
        int.Parse(Regex.Match(body, @"\Aretry: (\d+)\n\z").Groups[1].Value, CultureInfo.InvariantCulture);
}
