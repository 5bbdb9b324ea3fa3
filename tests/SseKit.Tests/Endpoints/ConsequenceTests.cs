using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>A stream is ended from outside, and its handler throws its driver's exception for a cancelled token.</summary>
public sealed class ConsequenceTests : ServerTest
{
    private readonly ManualTimeProvider _time = new();
    private readonly Signal _threw = new();

    // The client may receive the first event before its write has returned.
    private readonly Signal _waits = new();

    [Theory]
    [InlineData("/writer", 1)]
    [InlineData("/writer", 2)]
    [InlineData("/values", 1)]
    [InlineData("/foreign", 1)]
    public async Task A_stopping_host_ends_the_stream_cleanly(string path, int httpVersion)
    {
        KestrelApp app = await StartStreamsAsync();
        using StreamingResponse response = await Client(app, httpVersion).OpenAsync(path);
        await response.ReadUntilAsync("data: A\n\n");
        await _waits.WaitAsync();

        await app.StopAsync().OrTimeout();

        Assert.Contains("retry: ", await response.ReadToEndAsync());
        AssertLoggedAsDebug();
    }

    [Theory]
    [InlineData("/writer", 1)]
    [InlineData("/writer", 2)]
    [InlineData("/values", 1)]
    [InlineData("/foreign", 1)]
    public async Task A_lifetime_ends_the_stream_cleanly(string path, int httpVersion)
    {
        KestrelApp app = await StartStreamsAsync();
        using StreamingResponse response = await Client(app, httpVersion).OpenAsync(path);
        await response.ReadUntilAsync("data: A\n\n");
        await _waits.WaitAsync();

        _time.Advance(TimeSpan.FromMinutes(10));
        await response.ReadToEndAsync();

        await app.StopAsync();
        AssertLoggedAsDebug();
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/values")]
    [InlineData("/foreign")]
    public async Task A_disconnect_is_no_error(string path)
    {
        KestrelApp app = await StartStreamsAsync();
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync(path);
        await client.ReadUntilAsync("data: A\n\n");
        await _waits.WaitAsync();

        client.Reset();
        await _threw.WaitAsync();

        await app.StopAsync();
        AssertLoggedAsDebug();
    }

    private static HttpClient Client(KestrelApp app, int httpVersion) => httpVersion == 1 ? app.CreateClient() : app.CreateHttp2Client();

    private void AssertLoggedAsDebug()
    {
        LogRecord record = Assert.Single(Logs.Records, record => record.Exception is InvalidDataException);
        Assert.Equal(LogLevel.Debug, record.Level);
        Assert.Equal("SseKit", record.Category);
    }

    private Task<KestrelApp> StartStreamsAsync() => StartAsync(
        app =>
        {
            app.UseSse();
            app.MapSse("/writer", async (events, ct) =>
            {
                await events.WriteAsync("A", ct);
                await WaitAsDriverAsync(ct);
            });
            app.MapSse("/values", (CancellationToken ct) => ValuesAsync(ct));
            app.MapGet("/foreign", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: A\n\n");

                // Read after the first event.
                await WaitAsDriverAsync(context.RequestAborted);
            });
        },
        builder => builder.Services.AddSingleton<TimeProvider>(_time).AddSse(
            options => options.MaxConnectionLifetime = TimeSpan.FromMinutes(10)));

    private async IAsyncEnumerable<string> ValuesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "A";
        await WaitAsDriverAsync(cancellationToken);
    }

    private async Task WaitAsDriverAsync(CancellationToken cancellationToken)
    {
        _waits.Set();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _threw.Set();
            throw new InvalidDataException("Operation cancelled by user.");
        }
    }
}
