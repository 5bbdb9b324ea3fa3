using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Tests.Documentation;

/// <summary>The code of metrics.md.</summary>
internal static class DocumentedTraces
{
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddSse(options => options.StoreTraces = true);
    }

    public static void Map(WebApplication app)
    {
        app.MapSse("/orders", () => SseResults.Follow(["orders"], new SseFollowOptions { LinkTraces = true, SendTraces = true }));
    }

    /// <summary>Returns the context of the publish of the event that follows.</summary>
    public static ActivityContext ContextOf(SseItem<string> item)
    {
        ActivityContext publish = default;
        if (item.EventType == "ssekit.trace")
        {
            string? traceParent = JsonNode.Parse(item.Data)?["traceparent"]?.GetValue<string>();
            ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out publish);
        }

        return publish;
    }
}
