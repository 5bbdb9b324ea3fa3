using System.Net;
using Microsoft.AspNetCore.Builder;
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
