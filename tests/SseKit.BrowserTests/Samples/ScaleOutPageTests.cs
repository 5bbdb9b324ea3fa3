using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Samples;

/// <summary>The page of the sample with two servers: a tab survives the end of its server.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ScaleOutPageTests(Chromium chromium)
{
    [BrowserFact]
    public Task A_killed_server_costs_no_order_on_SQLite() => KillServersAsync("sqlite");

    [BrowserFact("redis-server")]
    public Task A_killed_server_costs_no_order_on_Redis() => KillServersAsync("redis");

    [BrowserFact("pg_createcluster")]
    public Task A_killed_server_costs_no_order_on_PostgreSQL() => KillServersAsync("postgres");

    private async Task KillServersAsync(string store)
    {
        await using ScaleOutApp app = await ScaleOutApp.StartAsync(store);
        IPage page = await chromium.OpenPageAsync(app.Address);
        await Expect(page.Locator("#feed li")).Not.ToHaveCountAsync(0);

        // Each server in turn, so that the tab's is among them.
        foreach (string server in new[] { "one", "two" })
        {
            ILocator card = page.Locator($"article[data-server={server}]");
            string other = server == "one" ? "two" : "one";
            await card.GetByRole(AriaRole.Button, new() { Name = "Kill" }).ClickAsync();
            await Expect(card.Locator(".runs")).ToHaveTextAsync("is down");
            await Expect(page.Locator($"article[data-server={other}] li", new() { HasText = "this tab" })).ToHaveCountAsync(1);
            int last = await LastOrderAsync(page);
            await TestTimeout.UntilAsync(async () => await LastOrderAsync(page) >= last + 3);
            await card.GetByRole(AriaRole.Button, new() { Name = "Start" }).ClickAsync();
            await Expect(card.Locator(".runs")).ToHaveTextAsync("runs");
        }

        await Expect(page.Locator("#verdict")).ToHaveTextAsync(
            new Regex("^Orders [0-9]+ to [0-9]+: none missing, none twice, no gaps[.]$"));
        await page.Context.CloseAsync();
    }

    private static async Task<int> LastOrderAsync(IPage page) =>
        int.Parse(Regex.Match(await page.Locator("#feed li").First.InnerTextAsync(), "[0-9]+").Value, CultureInfo.InvariantCulture);
}
