using System.Net.Http.Json;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Samples;

/// <summary>The page of the notifications sample: its content, and its recovery from a cut connection.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class NotificationsPageTests
{
    private readonly Chromium _chromium;

    public NotificationsPageTests(Chromium chromium)
    {
        _chromium = chromium;
        SetDefaultExpectTimeout((float)TestTimeout.Limit.TotalMilliseconds);
    }

    [BrowserFact]
    public async Task The_feed_shows_orders_and_the_state_of_the_connection()
    {
        await using var app = new NotificationsApp();
        IPage page = await OpenAsync(app);
        await Expect(page.Locator("#last-id")).Not.ToHaveTextAsync("none yet");
        string opened = await page.Locator("#last-id").InnerTextAsync();

        await page.Locator("#item").FillAsync("Tea, two scones");
        await page.GetByRole(AriaRole.Button, new() { Name = "Order", Exact = true }).ClickAsync();

        await Expect(Orders(page)).ToHaveCountAsync(1);
        await Expect(Orders(page)).ToContainTextAsync("Tea, two scones");
        await Expect(page.Locator("#item")).ToHaveValueAsync("");
        await Expect(page.Locator("#last-id")).Not.ToHaveTextAsync(opened);
        await Expect(page.Locator("#gaps")).ToHaveTextAsync("0");
        await page.Context.CloseAsync();
        app.Logs.AssertNoUnexpectedErrors();
    }

    [BrowserFact]
    public async Task A_dropped_connection_resumes_without_loss_or_duplicate()
    {
        await using var app = new NotificationsApp();
        IPage page = await OpenAsync(app);
        await OrderAsync(app, 1, 3);
        await Expect(Orders(page)).ToHaveCountAsync(3);

        await page.Locator("#drop").ClickAsync();
        await Expect(page.Locator("#reconnects")).ToHaveTextAsync("1");
        await OrderAsync(app, 4, 15);
        await Expect(Orders(page)).ToHaveCountAsync(15);
        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
        await OrderAsync(app, 16, 18);
        await Expect(Orders(page)).ToHaveCountAsync(18);

        IReadOnlyList<string> newestFirst = await Orders(page).Locator("span").AllInnerTextsAsync();
        Assert.Equal(Enumerable.Range(1, 18).Select(Item), newestFirst.Reverse().Select(text => text.Split(": ")[1]));
        await Expect(page.Locator("#gaps")).ToHaveTextAsync("0");
        await page.Context.CloseAsync();
        app.Logs.AssertNoUnexpectedErrors();
    }

    private async Task<IPage> OpenAsync(NotificationsApp app)
    {
        IPage page = await _chromium.OpenPageAsync(app.Listen());
        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
        return page;
    }

    private static ILocator Orders(IPage page) => page.Locator("#feed li.order");

    private static async Task OrderAsync(NotificationsApp app, int first, int last)
    {
        using HttpClient shop = app.CreateClient();
        for (int number = first; number <= last; number++)
        {
            using HttpResponseMessage response = await shop.PostAsJsonAsync("/orders", new { item = Item(number) });
            response.EnsureSuccessStatusCode();
        }
    }

    private static string Item(int number) => $"item {number}";
}
