using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Infrastructure;

/// <summary>Serves files of npm packages to pages.</summary>
internal static class NodePackages
{
    /// <summary>Maps <c>/lib</c> to the installed packages. A module may import another without its extension.</summary>
    public static void MapNodePackages(this WebApplication app) => app.MapGet("/lib/{**file}", (string file) =>
        TypedResults.PhysicalFile(NodeClients.PathInPackages(Path.HasExtension(file) ? file : file + ".js"), "text/javascript"));
}
