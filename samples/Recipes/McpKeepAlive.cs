using System.ComponentModel;
using ModelContextProtocol.Server;

namespace Recipes;

internal static class McpKeepAlive
{
    public static Recipe Recipe { get; } = new("mcp", "A slow tool of an MCP server keeps its connection.", AddMcp, MapMcp);

    public static void AddMcp(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddMcpServer().WithHttpTransport().WithTools<SlowTools>();
    }

    public static void MapMcp(WebApplication app)
    {
        app.UseSse();
        app.MapMcp("/mcp");
    }
}

[McpServerToolType]
internal sealed class SlowTools(TimeProvider? time = null)
{
    [McpServerTool(Name = "count_words"), Description("Counts the words of a text, slowly.")]
    public async Task<int> CountWordsAsync(string text, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMinutes(2), time ?? TimeProvider.System, ct);
        return text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}
