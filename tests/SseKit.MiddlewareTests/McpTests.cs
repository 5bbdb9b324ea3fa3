using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using SseKit.MiddlewareTests.App;
using SseKit.MiddlewareTests.Infrastructure;

namespace SseKit.MiddlewareTests;

/// <summary>An MCP server under UseSse, and a tool that takes its time.</summary>
public sealed class McpTests : FullAppTest
{
    [Fact]
    public async Task Heartbeats_fill_the_silence_of_a_slow_tool()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseSse();
                app.MapMcp("/mcp");
            },
            builder =>
            {
                builder.Services.AddSse(options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(10));
                builder.Services.AddSingleton(Script);
                builder.Services.AddMcpServer().WithHttpTransport().WithTools<SlowTools>();
            });
        using var readings = new MeterReadings(app.Services, "SseKit");
        await using McpClient client = await ConnectAsync(app.CreateClient());

        Task<CallToolResult> answer = AskAsync(client, "only");
        await readings.WaitForAsync("ssekit.heartbeats_sent", _ => true);
        Assert.False(answer.IsCompleted);
        Script.Release("only");

        Assert.Equal(Script.Second("only"), TextOf(await answer.OrTimeout()));
    }

    private static Task<McpClient> ConnectAsync(HttpClient http) => McpClient.CreateAsync(new HttpClientTransport(
        new HttpClientTransportOptions { Endpoint = new Uri(http.BaseAddress!, "mcp"), TransportMode = HttpTransportMode.StreamableHttp }, http));

    private static Task<CallToolResult> AskAsync(McpClient client, string name) =>
        client.CallToolAsync("ask", new Dictionary<string, object?> { ["client"] = name }).AsTask();

    private static string TextOf(CallToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
}
