using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Recipes.Tests.Infrastructure;
using SseKit;
using SseKit.MiddlewareTests.Infrastructure;

namespace Recipes.Tests;

public sealed class McpKeepAliveTests : RecipeTest
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Silent_tool_sends_heartbeats()
    {
        KestrelApp app = await StartAsync(
            McpKeepAlive.Recipe,
            builder => builder.Services.Configure<SseOptions>(options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(20)));
        using var recording = new RecordingHandler();
        using var http = new HttpClient(recording) { BaseAddress = app.BaseAddress };
        await using McpClient client = await ConnectAsync(http);
        using var leaving = new CancellationTokenSource();

        Task<CallToolResult> result = CountAsync(client, leaving.Token);
        await TestTimeout.UntilAsync(() => recording.Calls.Any(IsOfTool));
        await recording.Calls.Single(IsOfTool).WaitForAsync(":\n", times: 3);

        Assert.False(result.IsCompleted);
        await leaving.CancelAsync();
    }

    [Fact]
    public async Task Slow_tool_answers()
    {
        KestrelApp app = await StartAsync(McpKeepAlive.Recipe, builder => builder.Services.AddSingleton<TimeProvider>(_time));
        using var http = new HttpClient { BaseAddress = app.BaseAddress };
        await using McpClient client = await ConnectAsync(http);
        Task<CallToolResult> result = CountAsync(client, default);
        await _time.TimerArmedAsync(TimeSpan.FromMinutes(2));

        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("3", Assert.IsType<TextContentBlock>(Assert.Single((await result.OrTimeout()).Content)).Text);
    }

    [Fact]
    public async Task Client_that_leaves_cancels_the_tool()
    {
        var cancelled = new Signal();
        KestrelApp app = await StartAsync(McpKeepAlive.Recipe, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddMcpServer().WithRequestFilters(filters => filters.AddCallToolFilter(next => async (request, ct) =>
            {
                ct.UnsafeRegister(_ => cancelled.Set(), null);
                return await next(request, ct);
            }));
        });
        using var http = new HttpClient { BaseAddress = app.BaseAddress };
        await using McpClient client = await ConnectAsync(http);
        using var leaving = new CancellationTokenSource();
        Task<CallToolResult> result = CountAsync(client, leaving.Token);
        await _time.TimerArmedAsync(TimeSpan.FromMinutes(2));

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result.OrTimeout());
        await cancelled.WaitAsync();
    }

    private static bool IsOfTool(RecordedCall call) => call.Request.Contains("\"tools/call\"", StringComparison.Ordinal);

    private static Task<McpClient> ConnectAsync(HttpClient http) => McpClient.CreateAsync(new HttpClientTransport(
        new HttpClientTransportOptions { Endpoint = new Uri(http.BaseAddress!, "mcp"), TransportMode = HttpTransportMode.StreamableHttp },
        http));

    private static Task<CallToolResult> CountAsync(McpClient client, CancellationToken ct) =>
        client.CallToolAsync("count_words", new Dictionary<string, object?> { ["text"] = "one two three" }, cancellationToken: ct).AsTask();
}
