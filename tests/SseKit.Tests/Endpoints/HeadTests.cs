using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class HeadTests : ServerTest
{
    [Theory]
    [InlineData("/writer")]
    [InlineData("/typed")]
    [InlineData("/values")]
    [InlineData("/typed-values")]
    public async Task Head_gets_headers_without_running_the_handler(string path)
    {
        bool ran = false;
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/writer", (SseEventWriter events, IServiceProvider services) => Run());
            app.MapSse("/typed", (events, ct) => Run());
            app.MapSse("/values", () =>
            {
                ran = true;
                return Values(default);
            });
            app.MapSse("/typed-values", (HttpContext context, CancellationToken ct) =>
            {
                ran = true;
                return Values(ct);
            });
        });
        RawConnection raw = await app.ConnectAsync();

        await raw.SendAsync($"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        string head = await raw.ReadHeadAsync();
        string body = await raw.ReadToEndAsync();
        using StreamingResponse http2 = await app.CreateHttp2Client().OpenAsync(HttpMethod.Head, path);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("Content-Type: text/event-stream; charset=utf-8\r\n", head);
        Assert.Contains("Content-Encoding: identity\r\n", head);
        Assert.Equal("", body);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream; charset=utf-8"), (http2.Status, http2.Headers["Content-Type"]));
        Assert.False(ran);

        Task Run()
        {
            ran = true;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Head_keeps_the_status_of_an_error_result()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/rooms/{room}", (string room) => TypedResults.NotFound()));

        using HttpResponseMessage response = await app.CreateClient().SendAsync(new HttpRequestMessage(HttpMethod.Head, "/rooms/1"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Head_is_not_answered_if_get_is_not_mapped()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/answer", ["POST"], (SseEventWriter events, CancellationToken ct) => Task.CompletedTask));

        using HttpResponseMessage response = await app.CreateClient().SendAsync(new HttpRequestMessage(HttpMethod.Head, "/answer"));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Head_has_the_conventions_of_get()
    {
        KestrelApp app = await StartAsync(app => app
            .MapSse("/writer", (SseEventWriter events, CancellationToken ct) => Task.CompletedTask)
            .AddEndpointFilter((context, next) => ValueTask.FromResult<object?>(TypedResults.StatusCode(403))));

        using HttpResponseMessage response = await app.CreateClient().SendAsync(new HttpRequestMessage(HttpMethod.Head, "/writer"));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    private static async IAsyncEnumerable<int> Values([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield return 1;
    }
}
