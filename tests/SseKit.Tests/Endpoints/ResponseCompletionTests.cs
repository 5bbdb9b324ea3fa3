using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>A handler, or other code that has its HttpContext, completes the response before the handler returns.</summary>
public sealed class ResponseCompletionTests : ServerTest
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _time = new();
    private readonly Signal _completed = new();
    private readonly Signal _mayReturn = new();
    private HttpContext? _context;

    public static TheoryData<string, string, int> Ways()
    {
        var ways = new TheoryData<string, string, int>();
        string[] kinds = ["/writer", "/values", "/follow", "/foreign"];
        foreach (string path in kinds.Concat(kinds.Select(kind => "/ended" + kind)))
        {
            foreach (string way in (ReadOnlySpan<string>)["response", "writer", "writer-sync"])
            {
                ways.Add(path, way, 1);
                ways.Add(path, way, 2);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_completed_response_ends_its_stream_while_its_handler_runs(string path, string way, int httpVersion)
    {
        KestrelApp app = await StartAsync();
        using var readings = new MeterReadings(app.Services, "SseKit");
        HttpClient client = httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client();

        using StreamingResponse response = await client.OpenAsync($"{path}?way={way}");
        if (path.EndsWith("follow", StringComparison.Ordinal))
        {
            await response.ReadUntilAsync("ssekit.open");
            await CompleteAsync(_context!, way);
        }

        await _completed.WaitAsync();
        string body = await response.ReadToEndAsync();
        MeterReading duration = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        _time.Advance(4 * Heartbeat);

        // The limit of one connection admits another. On HTTP/1.1 the first connection is busy as long as its handler runs.
        using StreamingResponse next = await app.CreateClient().OpenAsync("/one");
        Assert.Contains("data: one\n\n", await next.ReadToEndAsync());
        Assert.Equal("completed", duration.Tags["ssekit.end_reason"]);
        Assert.Equal(path.StartsWith("/ended", StringComparison.Ordinal), body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
        Assert.Empty(readings.Of("ssekit.heartbeats_sent"));
        _mayReturn.Set();
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/values")]
    [InlineData("/foreign")]
    [InlineData("/ended/writer")]
    [InlineData("/ended/values")]
    [InlineData("/ended/foreign")]
    public async Task No_byte_of_a_completed_stream_enters_the_next_response(string path)
    {
        var mayContinue = new Signal();
        KestrelApp app = await StartAsync(app => app.MapGet("/plain", async (HttpContext context) =>
        {
            context.Response.ContentLength = 2;
            await context.Response.WriteAsync("A");
            await mayContinue.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("B");
        }));
        RawConnection connection = await app.ConnectAsync();

        await connection.GetAsync($"{path}?way=response");
        await connection.ReadUntilAsync("0\r\n\r\n");
        _mayReturn.Set();
        await connection.GetAsync("/plain");
        await connection.ReadHeadAsync();
        Assert.Equal("A", await connection.ReadAsync(1));
        _time.Advance(4 * Heartbeat);
        mayContinue.Set();

        Assert.Equal("B", await connection.ReadAsync(1));
        await connection.GetAsync("/one");
        Assert.StartsWith("HTTP/1.1 200", await connection.ReadHeadAsync());
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/foreign")]
    public async Task A_handler_with_complete_response_gets_the_hosts_stop(string path)
    {
        KestrelApp app = await StartAsync();
        using StreamingResponse response = await app.CreateClient().OpenAsync($"{path}?way=response");
        await response.ReadToEndAsync();

        await app.StopAsync().OrTimeout();

        Assert.True(_context is not null);
    }

    [Fact]
    public async Task A_write_after_the_completion_is_refused()
    {
        Exception? thrown = null;
        KestrelApp app = await StartAsync(app => app.MapSse("/late", async (SseEventWriter events, HttpContext context) =>
        {
            await events.WriteAsync("one");
            await context.Response.CompleteAsync();
            thrown = await Record.ExceptionAsync(() => events.WriteAsync("two").AsTask());
        }));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/late");

        Assert.EndsWith("data: one\n\n", await response.ReadToEndAsync());
        await app.StopAsync();
        Assert.IsAssignableFrom<OperationCanceledException>(thrown);
    }

    private Task<KestrelApp> StartAsync(Action<WebApplication>? more = null) => StartAsync(
        app =>
        {
            app.UseSse();
            Map(app.MapGroup(""));
            Map(app.MapGroup("/ended").WithSseTerminator("[DONE]"));
            app.MapSse("/one", (events, ct) => events.WriteAsync("one", ct).AsTask());
            more?.Invoke(app);
        },
        builder => builder.Services.AddSingleton<TimeProvider>(_time).AddSse(options => options.MaxConnections = 1));

    private void Map(RouteGroupBuilder group)
    {
        group.MapSse("/writer", async (SseEventWriter events, HttpContext context, string way) =>
        {
            await events.WriteAsync("A");
            await CompleteAsync(context, way);
            await _mayReturn.WaitAsync(context.RequestAborted);
        });
        group.MapSse("/values", (HttpContext context, string way, CancellationToken ct) => Values(context, way, ct));
        group.MapSse("/follow", (HttpContext context) =>
        {
            _context = context;
            return SseResults.Follow("topic");
        });
        group.MapGet("/foreign", async (HttpContext context, string way) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: A\n\n");
            await CompleteAsync(context, way);
            await _mayReturn.WaitAsync(context.RequestAborted);
        });
    }

    private async IAsyncEnumerable<string> Values(
        HttpContext context, string way, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "A";
        await CompleteAsync(context, way);
        await _mayReturn.WaitAsync(cancellationToken);
    }

    private async Task CompleteAsync(HttpContext context, string way)
    {
        _context = context;
        switch (way)
        {
            case "response":
                await context.Response.CompleteAsync();
                break;

            case "writer":
                await context.Response.BodyWriter.CompleteAsync();
                break;

            default:
                context.Response.BodyWriter.Complete();
                break;
        }

        _completed.Set();
    }
}
