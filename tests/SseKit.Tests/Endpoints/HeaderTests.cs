using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class HeaderTests : ServerTest
{
    private static readonly Dictionary<string, string> Expected = new()
    {
        ["Content-Type"] = "text/event-stream; charset=utf-8",
        ["Cache-Control"] = "no-cache, no-store, no-transform",
        ["X-Accel-Buffering"] = "no",
        ["Content-Encoding"] = "identity",
    };

    [Fact]
    public async Task A_stream_on_http_1_has_exactly_these_headers()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/silent", Silent));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/silent");

        Assert.Equal(HttpStatusCode.OK, response.Status);
        Assert.Equal(Sorted(new Dictionary<string, string>(Expected) { ["Transfer-Encoding"] = "chunked" }), Sorted(response.Headers));
    }

    [Fact]
    public async Task A_stream_on_http_2_has_exactly_these_headers()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/silent", Silent));

        using StreamingResponse response = await app.CreateHttp2Client().OpenAsync("/silent");

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.Status, response.Version));
        Assert.Equal(Sorted(Expected), Sorted(response.Headers));
    }

    [Fact]
    public async Task No_header_is_dropped_on_http_2()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/silent", Silent));
        RawConnection http1 = await app.ConnectAsync();

        await http1.GetAsync("/silent");
        string head = await http1.ReadHeadAsync();
        using StreamingResponse http2 = await app.CreateHttp2Client().OpenAsync("/silent");

        Assert.DoesNotContain("Connection:", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Keep-Alive:", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Logs.Records, record => record.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/typed")]
    [InlineData("/values")]
    [InlineData("/strings")]
    [InlineData("/items")]
    [InlineData("/later")]
    [InlineData("/plain")]
    public async Task Headers_and_a_tiny_comment_arrive_before_the_first_event(string path)
    {
        KestrelApp app = await StartAsync(MapSilentStreams);

        using StreamingResponse http1 = await app.CreateClient().OpenAsync(path);
        using StreamingResponse http2 = await app.CreateHttp2Client().OpenAsync(path);

        await http1.ReadPreambleAsync();
        await http2.ReadPreambleAsync();
    }

    [Fact]
    public async Task A_retry_of_the_options_replaces_the_default()
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/silent", Silent).WithSseOptions(options => options.Retry = TimeSpan.FromMinutes(4)));

        using StreamingResponse response = await app.CreateClient().OpenAsync("/silent");

        Assert.Matches("^retry: [1-3][0-9]{5}\n$", await response.ReadPreambleAsync());
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    public async Task A_post_stream_has_only_the_handlers_bytes(string method)
    {
        KestrelApp app = await StartAsync(app => app
            .MapSse("/answer", [method], async (SseEventWriter events, CancellationToken ct) => await events.WriteAsync("[DONE]", ct))
            .WithSseOptions(options => options.Retry = TimeSpan.FromSeconds(4)));

        using StreamingResponse response = await app.CreateClient().OpenAsync(new HttpMethod(method), "/answer");

        Assert.Equal("data: [DONE]\n\n", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task The_headers_of_a_post_arrive_before_its_first_event()
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/answer", ["POST"], Silent));

        using StreamingResponse response = await app.CreateClient().OpenAsync(HttpMethod.Post, "/answer");

        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/values")]
    [InlineData("/topic")]
    public async Task A_charset_of_the_app_is_kept(string path)
    {
        const string ContentType = "text/event-stream;charset=\"UTF-8\"";
        KestrelApp app = await StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    context.Response.ContentType = ContentType;
                    return next(context);
                });
                MapSilentStreams(app);
                app.MapSse("/topic", () => SseResults.Follow("topic"));
            },
            builder => builder.Services.AddSse());

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.Equal(ContentType, response.Headers["Content-Type"]);
    }

    private static IEnumerable<string> Sorted(IReadOnlyDictionary<string, string> headers) =>
        headers.Select(header => $"{header.Key.ToLowerInvariant()}: {header.Value}").Order(StringComparer.Ordinal);

    private static void MapSilentStreams(WebApplication app)
    {
        app.MapSse("/writer", (SseEventWriter events, IServiceProvider services, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
        app.MapSse("/typed", Silent);
        app.MapSse("/values", (CancellationToken ct) => Nothing(1, ct));
        app.MapSse("/strings", (CancellationToken ct) => Nothing("", ct));
        app.MapSse("/items", (CancellationToken ct) => Nothing(new SseItem<int>(1), ct));
        app.MapSse("/later", (CancellationToken ct) => Task.FromResult(Nothing(1, ct)));
        app.MapGet("/plain", (SseEventWriter events, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
    }

    private static Task Silent(SseEventWriter events, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.Infinite, cancellationToken);

    private static async IAsyncEnumerable<T> Nothing<T>(T never, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield return never;
    }
}
