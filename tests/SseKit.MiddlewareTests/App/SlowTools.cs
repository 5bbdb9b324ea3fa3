using System.ComponentModel;
using ModelContextProtocol.Server;

namespace SseKit.MiddlewareTests.App;

/// <summary>A tool of the app's MCP server that answers when the test releases it.</summary>
[McpServerToolType]
public sealed class SlowTools(Script script)
{
    [McpServerTool(Name = "ask"), Description("Answers when it is released.")]
    public async Task<string> AskAsync(string client, CancellationToken cancellationToken)
    {
        string last = "";
        await foreach (string text in script.EventsAsync(client, cancellationToken))
        {
            last = text;
        }

        return last;
    }
}
