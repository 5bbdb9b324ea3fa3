using System.Net.ServerSentEvents;

// An app with the dashboard from its package alone. Its argument is the package file that it was restored from.
PackedFiles.Check(args[0], "SseKit.Dashboard", "SseKit");

WebApplicationBuilder builder = WebApplication.CreateBuilder(
    new WebApplicationOptions { EnvironmentName = Environments.Development });
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSse();
await using WebApplication app = builder.Build();
app.MapSseDashboard("/sse");

await app.StartAsync();
using (var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(30) })
{
    string page = await client.GetStringAsync("/sse/");
    if (!page.Contains("<html", StringComparison.Ordinal))
    {
        throw new InvalidOperationException($"The dashboard is no page: {page}");
    }

    Console.WriteLine("/sse/: a page, as due");

    using Stream stream = await client.GetStreamAsync("/sse/overview");
    string[] received = [.. await SseParser.Create(stream).EnumerateAsync().Take(3).Select(item => item.EventType).ToListAsync()];
    if (!received.SequenceEqual(["permissions", "overview", "connections"]))
    {
        throw new InvalidOperationException($"The dashboard sent [{string.Join(", ", received)}].");
    }

    Console.WriteLine("/sse/overview: a snapshot, as due");
}

await app.StopAsync();
