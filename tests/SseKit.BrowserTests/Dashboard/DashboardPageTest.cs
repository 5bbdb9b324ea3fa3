using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Dashboard;

/// <summary>A test with an app, its dashboard in a browser, and a list of what the browser objects to.</summary>
[Collection(ChromiumCollection.Name)]
public abstract class DashboardPageTest(Chromium chromium) : ServerTest
{
    // A violation of the content security policy is no console error in every case.
    private const string ReportViolations =
        "addEventListener('securitypolicyviolation', event => console.error(`${event.violatedDirective} blocks ${event.blockedURI}`));";

    private readonly List<string> _objections = [];
    private readonly List<IPage> _pages = [];

    private protected KestrelApp App { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    private protected ISsePublisher Publisher => App.Services.GetRequiredService<ISsePublisher>();

    private protected ISseConnections Connections => App.Services.GetRequiredService<ISseConnections>();

    /// <summary>Gets whether the browser may object: the test makes requests fail.</summary>
    private protected bool ExpectsObjections { get; set; }

    public override async Task DisposeAsync()
    {
        foreach (IPage page in _pages)
        {
            await page.Context.CloseAsync();
        }

        await base.DisposeAsync();
        Assert.True(_objections.Count == 0 || ExpectsObjections, string.Join('\n', _objections));
    }

    /// <summary>Starts an app with <c>/rooms?name=</c>, which follows a topic, and a dashboard.</summary>
    private protected async Task StartDashboardAsync(
        Action<WebApplication>? endpoints = null, Action<WebApplicationBuilder>? services = null, string environment = "Development")
    {
        endpoints ??= app => app.MapSseDashboard("/sse");
        App = await StartAsync(
            app =>
            {
                endpoints(app);
                app.MapSse("/rooms/{room}", (string room) => SseResults.Follow("room:" + room));
                app.MapSse("/follow", (HttpContext context) => SseResults.Follow(context.Request.Query["topic"].ToString()));
            },
            builder =>
            {
                builder.Environment.EnvironmentName = environment;
                builder.Services.AddSse();
                services?.Invoke(builder);
            });
        Client = App.CreateClient();

        // As an EventSource does, whose streams end cleanly when they are cut.
        Client.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        Client.DefaultRequestHeaders.CacheControl = new() { NoCache = true };
    }

    private protected Task<StreamClient> FollowAsync(string topic) =>
        StreamClient.OpenAsync(Client, "/follow?topic=" + Uri.EscapeDataString(topic));

    /// <summary>Opens the dashboard and waits until it is live.</summary>
    private protected async Task<IPage> OpenAsync(string path = "/sse", string state = "live")
    {
        IPage page = await chromium.OpenPageAsync(new Uri("about:blank"));
        _pages.Add(page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _objections.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _objections.Add(error);
        page.Dialog += (_, dialog) => _objections.Add(dialog.Message);
        await page.AddInitScriptAsync(ReportViolations);
        await page.GotoAsync(new Uri(App.BaseAddress, path).ToString());
        await Expect(page.Locator("#state")).ToHaveTextAsync(state);
        return page;
    }

    private protected static ILocator Row(IPage page, string table, string text) =>
        page.Locator($"#{table} tbody tr").Filter(new() { HasText = text });

    private protected static ILocator Button(ILocator row, string name) => row.GetByRole(AriaRole.Button, new() { Name = name });
}
