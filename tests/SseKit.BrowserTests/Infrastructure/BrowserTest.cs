using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A test with its own app and pages of that app.</summary>
[Collection(ChromiumCollection.Name)]
public abstract class BrowserTest(Chromium chromium) : ServerTest
{
    private readonly List<BrowserPage> _pages = [];

    protected EventFeed Feed { get; } = new();

    public override async Task DisposeAsync()
    {
        foreach (BrowserPage page in _pages)
        {
            await page.CloseAsync();
        }

        await base.DisposeAsync();
    }

    /// <summary>Starts an app with an empty page for the browser, on a port that a later app can use again.</summary>
    protected Task<KestrelApp> StartPageAsync(
        Action<WebApplication> endpoints, Action<WebApplicationBuilder>? services = null, int? port = null)
    {
        return StartAsync(
            app =>
            {
                app.MapGet("/", () => TypedResults.Content("<!doctype html><title>SseKit</title>", "text/html"));
                endpoints(app);
            },
            builder =>
            {
                if (port is { } fixedPort)
                {
                    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, fixedPort));
                }

                // Heartbeats would hide delayed bytes.
                builder.Services.AddSse(options => options.HeartbeatInterval = Timeout.InfiniteTimeSpan);
                services?.Invoke(builder);
            });
    }

    protected Task<BrowserPage> OpenPageAsync(KestrelApp app) => OpenPageAsync(app.BaseAddress);

    protected async Task<BrowserPage> OpenPageAsync(Uri address)
    {
        BrowserPage page = await BrowserPage.OpenAsync(await chromium.OpenPageAsync(address));
        _pages.Add(page);
        return page;
    }
}
