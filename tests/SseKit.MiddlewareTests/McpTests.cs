using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using SseKit.MiddlewareTests.App;
using SseKit.MiddlewareTests.Infrastructure;

namespace SseKit.MiddlewareTests;

/// <summary>An MCP server under UseSse, and a slow tool.</summary>
public sealed class McpTests : FullAppTest
{
    [Fact]
    public async Task Heartbeats_keep_the_stream_of_a_slow_tool_open()
    {
        KestrelApp app = await StartWithHeartbeatAsync(TimeSpan.FromMilliseconds(20));
        using var recording = new RecordingHandler();
        using var http = new HttpClient(recording) { BaseAddress = app.BaseAddress };
        await using McpClient client = await ConnectAsync(http);

        Task<CallToolResult> answer = AskAsync(client, "only");
        await Script.BegunAsync("only");
        RecordedCall call = CallOfTool(recording);
        await call.WaitForAsync(":\n", times: 3);
        Assert.False(answer.IsCompleted);
        Assert.DoesNotContain("data:", call.Response);
        Script.Release("only");

        Assert.Equal(Script.Second("only"), TextOf(await answer.OrTimeout()));
        Assert.Same(call, CallOfTool(recording));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(3_600_000)]
    public async Task A_slow_tool_finishes_while_the_app_stops(int heartbeatMilliseconds)
    {
        KestrelApp app = await StartWithHeartbeatAsync(TimeSpan.FromMilliseconds(heartbeatMilliseconds));
        using var http = new HttpClient { BaseAddress = app.BaseAddress };
        await using McpClient client = await ConnectAsync(http);
        Task<CallToolResult> answer = AskAsync(client, "only");
        await Script.BegunAsync("only");
        var stops = new Signal();
        app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stops.Set);

        Task stopping = app.StopAsync();
        await stops.WaitAsync();
        Script.Release("only");

        Assert.Equal(Script.Second("only"), TextOf(await answer.OrTimeout()));
        await stopping.OrTimeout();
    }

    [Fact]
    public async Task A_default_request_timeout_does_not_cut_a_slow_tool()
    {
        Logs.ExpectError(IsOfTimeout);
        HttpClient http = Server.CreateClient();
        await using McpClient client = await ConnectAsync(http);

        Task<CallToolResult> answer = AskAsync(client, "only");
        await Script.BegunAsync("only");
        using HttpResponseMessage ordinary = await http.GetAsync("/timeout");
        Assert.Equal(HttpStatusCode.GatewayTimeout, ordinary.StatusCode);
        Script.Release("only");

        Assert.Equal(Script.Second("only"), TextOf(await answer.OrTimeout()));
    }

    [Fact]
    public async Task A_notification_is_accepted_without_a_stream()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new StringContent("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", Encoding.UTF8, "application/json"),
            Headers = { { "Accept", "application/json, text/event-stream" } },
        };

        using HttpResponseMessage response = await Server.CreateClient().SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Null(response.Content.Headers.ContentType);
    }

    private Task<KestrelApp> StartWithHeartbeatAsync(TimeSpan interval) => StartAsync(
        app =>
        {
            app.UseSse();
            app.MapMcp("/mcp");
        },
        builder =>
        {
            builder.Services.AddSse(options => options.HeartbeatInterval = interval);
            builder.Services.AddSingleton(Script);
            builder.Services.AddMcpServer().WithHttpTransport().WithTools<SlowTools>();
        });

    private static RecordedCall CallOfTool(RecordingHandler recording) =>
        Assert.Single(recording.Calls, call => call.Request.Contains("\"tools/call\"", StringComparison.Ordinal));

    private static Task<McpClient> ConnectAsync(HttpClient http) => McpClient.CreateAsync(new HttpClientTransport(
        new HttpClientTransportOptions { Endpoint = new Uri(http.BaseAddress!, "mcp"), TransportMode = HttpTransportMode.StreamableHttp },
        http));

    private static Task<CallToolResult> AskAsync(McpClient client, string name) =>
        client.CallToolAsync("ask", new Dictionary<string, object?> { ["client"] = name }).AsTask();

    private static string TextOf(CallToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
}
