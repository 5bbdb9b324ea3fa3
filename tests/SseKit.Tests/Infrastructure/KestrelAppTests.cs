using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Tests.Infrastructure;

public sealed class KestrelAppTests : ServerTest
{
    [Fact]
    public async Task Speaks_http_1_and_http_2_and_bare_bytes()
    {
        KestrelApp app = await StartAsync(
            endpoints => endpoints.MapGet("/greeting", (Greeting greeting) => greeting.Text),
            builder => builder.Services.AddSingleton(new Greeting("hello")));

        using HttpResponseMessage http1 = await app.CreateClient().GetAsync("/greeting");
        using HttpResponseMessage http2 = await app.CreateHttp2Client().GetAsync("/greeting");
        RawConnection raw = await app.ConnectAsync();
        await raw.GetAsync("/greeting", "Connection: close");
        string head = await raw.ReadHeadAsync();
        string body = await raw.ReadToEndAsync();

        Assert.Equal((HttpVersion.Version11, "hello"), (http1.Version, await http1.Content.ReadAsStringAsync()));
        Assert.Equal((HttpVersion.Version20, "hello"), (http2.Version, await http2.Content.ReadAsStringAsync()));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("hello", body);
    }

    [Theory]
    [InlineData("until")]
    [InlineData("count")]
    [InlineData("end")]
    public async Task A_read_is_bounded_although_heartbeats_arrive(string way)
    {
        KestrelApp app = await StartAsync(endpoints => endpoints.MapGet("/beats", async (HttpContext context) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(":\n");
                await Task.Delay(1);
            }
        }));
        RawConnection raw = await app.ConnectAsync(readTimeout: TimeSpan.FromMilliseconds(200));
        await raw.GetAsync("/beats");
        using StreamingResponse response = await app.CreateClient().OpenAsync("/beats");
        response.ReadTimeout = raw.ReadTimeout;

        await Assert.ThrowsAsync<TimeoutException>(() => (way switch
        {
            "until" => raw.ReadUntilAsync("event"),
            "count" => raw.ReadAsync(int.MaxValue),
            _ => raw.ReadToEndAsync(),
        }).OrTimeout());
        await Assert.ThrowsAsync<TimeoutException>(
            () => (way == "until" ? response.ReadUntilAsync("event") : response.ReadToEndAsync()).OrTimeout());
        raw.Reset();
    }

    [Fact]
    public async Task A_start_that_fails_leaves_nothing_behind()
    {
        var lifetime = new Disposable();

        Exception? exception = await Record.ExceptionAsync(() => StartAsync(
            endpoints =>
            {
                endpoints.Services.GetRequiredService<Disposable>();
                throw new InvalidOperationException("no endpoints");
            },
            builder => builder.Services.AddSingleton(_ => lifetime)));

        Assert.IsType<InvalidOperationException>(exception);
        Assert.True(lifetime.IsDisposed);
    }

    private sealed class Disposable : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed record Greeting(string Text);
}
