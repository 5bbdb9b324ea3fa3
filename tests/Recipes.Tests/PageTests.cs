using System.Net.Http.Json;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Playwright;
using Recipes.Tests.Infrastructure;
using SseKit;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Recipes.Tests;

/// <summary>The pages of the recipes in a browser.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class PageTests : RecipeTest
{
    private readonly Chromium _chromium;
    private readonly EventFeed _words = new();

    public PageTests(Chromium chromium)
    {
        _chromium = chromium;
        SetDefaultExpectTimeout((float)TestTimeout.Limit.TotalMilliseconds);
    }

    [BrowserFact]
    public async Task Answer_continues_after_a_reload()
    {
        KestrelApp app = await StartProxyAsync();
        IPage page = await _chromium.OpenPageAsync(new Uri(app.BaseAddress, "/llm-proxy/"));
        await page.GetByRole(AriaRole.Button).ClickAsync();
        Say("one ");
        await Expect(page.Locator("#answer")).ToHaveTextAsync("one ");

        await page.ReloadAsync();
        Say("two");
        _words.End();

        await Expect(page.Locator("#answer")).ToHaveTextAsync("one two");
    }

    [BrowserFact]
    public async Task Answer_of_a_model_that_breaks_off_is_marked()
    {
        Logs.ExpectError(record => record.Category == "SseKit");
        KestrelApp app = await StartProxyAsync();
        IPage page = await _chromium.OpenPageAsync(new Uri(app.BaseAddress, "/llm-proxy/"));
        await page.GetByRole(AriaRole.Button).ClickAsync();
        Say("one");
        await Expect(page.Locator("#answer")).ToHaveTextAsync("one");

        _words.End(new IOException("The model's machine is gone."));

        await Expect(page.Locator("#state")).ToHaveTextAsync("The answer was cut off.");
    }

    [BrowserFact]
    public async Task Page_with_tickets_returns_with_another_ticket()
    {
        KestrelApp app = await StartPagesAsync(EventSourceTickets.Recipe);
        IPage page = await _chromium.OpenPageAsync(new Uri(app.BaseAddress, "/eventsource-tickets/"));
        ISseConnections connections = ConnectionsOf(app);
        await TestTimeout.UntilAsync(() => connections.GetConnections().Count == 1);
        await PublisherOf(app).PublishAsync("user:ada", "first");
        await Expect(page.Locator("#events li")).ToHaveTextAsync("first");

        connections.Disconnect(_ => true);
        await PublisherOf(app).PublishAsync("user:ada", "missed");

        await Expect(page.Locator("#events li")).ToHaveTextAsync(["first", "missed"]);
    }

    [BrowserFact]
    public async Task Component_becomes_a_row_of_the_page()
    {
        KestrelApp app = await StartPagesAsync(ComponentEvents.Recipe);
        IPage page = await _chromium.OpenPageAsync(new Uri(app.BaseAddress, "/component-events/"));

        (await app.CreateClient().PostAsJsonAsync("/rows", new { number = "<b>7</b>", place = "Oslo" })).EnsureSuccessStatusCode().Dispose();

        await Expect(page.Locator("tr td").First).ToHaveTextAsync("<b>7</b>");
        await Expect(page.Locator("tr td").Last).ToHaveTextAsync("Oslo");
    }

    [BrowserFact]
    public async Task Razor_page_shows_changes()
    {
        KestrelApp app = await StartAsync(
            MvcStreams.Recipe, builder => builder.Services.AddControllers().AddApplicationPart(typeof(StockController).Assembly));
        IPage page = await _chromium.OpenPageAsync(new Uri(app.BaseAddress, "/pages/stock/tea"));
        await TestTimeout.UntilAsync(() => ConnectionsOf(app).GetConnections().Count == 1);

        (await app.CreateClient().PostAsJsonAsync("/stock/tea", new { count = 7 })).EnsureSuccessStatusCode().Dispose();

        await Expect(page.Locator("#count")).ToHaveTextAsync("7");
    }

    private void Say(string text) => _words.Send($$$"""{"choices":[{"delta":{"content":"{{{text}}}"}}]}""");

    private async Task<KestrelApp> StartProxyAsync()
    {
        KestrelApp model = await StartAsync(app => app
            .MapSse("/v1/chat/completions", ["POST"], (SseEventWriter events, CancellationToken ct) => _words.RunAsync(events, ct))
            .WithSseTerminator("[DONE]"));
        return await StartPagesAsync(
            LlmProxy.Recipe, builder => builder.Configuration["Llm:Endpoint"] = new Uri(model.BaseAddress, "v1/").ToString());
    }

    // The app of a test is the test host, whose folder has no pages.
    private Task<KestrelApp> StartPagesAsync(Recipe recipe, Action<WebApplicationBuilder>? before = null) => StartAsync(recipe, builder =>
    {
        string sample = typeof(PageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(each => each.Key == "Recipes").Value!;
        builder.Environment.WebRootFileProvider = new PhysicalFileProvider(Path.Combine(sample, "wwwroot"));
        before?.Invoke(builder);
    });
}
