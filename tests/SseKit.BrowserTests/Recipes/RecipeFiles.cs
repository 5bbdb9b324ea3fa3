using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using SseKit.BrowserTests.Infrastructure;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>The pages of the recipes, with the npm packages of the tests in place of the network's.</summary>
internal static class RecipeFiles
{
    private const string Network = "https://cdn.jsdelivr.net/";

    public static string Folder { get; } = Path.Combine(
        typeof(RecipeFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "Recipes").Value!,
        "wwwroot");

    public static PhysicalFileProvider Provider { get; } = new(Folder);

    /// <summary>Serves the pages and their packages. The recipe serves its scripts itself.</summary>
    public static void MapPages(this WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            string path = context.Request.Path.Value!;
            string file = Path.Combine(Folder, path.TrimStart('/') + (path.EndsWith('/') ? "index.html" : ""));
            if (Path.GetExtension(file) == ".html")
            {
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync(WithPackages(await File.ReadAllTextAsync(file)));
                return;
            }

            await next(context);
        });
        app.MapGet("/lib/react/+esm", static () => ReactModules.React);
        app.MapGet("/lib/react-dom/client/+esm", static () => ReactModules.ReactDom);
        app.MapNodePackages();
    }

    // A version that the tests do not have stays an address of the network, which fails the test.
    private static string WithPackages(string page)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(NodeClients.PathOf("package.json")));
        foreach (JsonProperty package in file.RootElement.GetProperty("dependencies").EnumerateObject())
        {
            string version = package.Value.GetString()!;
            string published = version.StartsWith("npm:", StringComparison.Ordinal) ? version[4..] : $"{package.Name}@{version}";
            page = page.Replace($"{Network}npm/{published}/", $"/lib/{package.Name}/", StringComparison.Ordinal);
        }

        page = DatastarBeta.Replace(page);
        Assert.DoesNotContain(Network, page, StringComparison.Ordinal);
        return page;
    }
}
