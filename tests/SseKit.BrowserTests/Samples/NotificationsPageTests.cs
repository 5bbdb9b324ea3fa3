using System.Net.Http.Json;
using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Samples;

/// <summary>The page of the notifications sample: its content, and its recovery from a cut connection.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class NotificationsPageTests(Chromium chromium)
{
    private const int Desktop = 1_000;

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
    public async Task A_row_has_the_time_of_its_event()
    {
        await using var app = new NotificationsApp(new FakeTimeProvider(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero)));
        IPage page = await OpenAsync(app);

        await OrderAsync(app, Items(1, 1));

        await Expect(Orders(page).Locator("time")).ToHaveAttributeAsync("datetime", "2030-01-02T03:04:05.000Z");
        await page.Context.CloseAsync();
    }

    [BrowserFact]
    public async Task A_dropped_connection_catches_up_without_loss_or_duplicate()
    {
        // The server's clock stands still, so that the orders before it moves were missed, however long they and the response take.
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var app = new NotificationsApp(time);
        IPage page = await OpenAsync(app);
        await OrderAsync(app, Items(1, 3));
        await Expect(Orders(page)).ToHaveCountAsync(3);

        await DropAsync(page, async () =>
        {
            await Expect(page.Locator("#drop-note")).ToContainTextAsync("Reconnects in 1 s");
            await OrderAsync(app, Items(4, 15));
        });
        await Expect(Orders(page)).ToHaveCountAsync(15);
        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
        time.Advance(TimeSpan.FromHours(1));
        await OrderAsync(app, Items(16, 18));
        await Expect(Orders(page)).ToHaveCountAsync(18);

        Assert.Equal(Items(1, 18), await ItemsAsync(Orders(page)));
        Assert.Equal(Items(4, 15), await ItemsAsync(page.Locator("#feed li.order.caught-up")));
        int caughtUp = await page.Locator("#feed li.caught-up").CountAsync();
        await Expect(page.Locator("#drop-note")).ToHaveTextAsync($"Reconnected: {caughtUp} events caught up.");
        await Expect(page.Locator("#reconnects")).ToHaveTextAsync("1");
        await Expect(page.Locator("#gaps")).ToHaveTextAsync("0");
        await page.Context.CloseAsync();
        app.Logs.AssertNoUnexpectedErrors();
    }

    [BrowserFact]
    public async Task A_restart_is_one_gap_with_its_reason()
    {
        await using SampleProcess app = await SampleProcess.StartAsync("Notifications.dll", "--contentRoot", SampleFolder);
        IPage page = await chromium.OpenPageAsync(app.Address);
        await Expect(page.Locator("#feed li.alert")).Not.ToHaveCountAsync(0);

        await app.KillAsync();
        await app.StartAsync();

        await Expect(page.Locator("#feed li.gap")).ToContainTextAsync("the server restarted and its memory is gone");
        await Expect(page.Locator("#feed li").First).ToHaveClassAsync("alert");
        await Expect(page.Locator("#feed li.gap")).ToHaveCountAsync(1);
        await Expect(page.Locator("#gaps")).ToHaveTextAsync("1");
        await page.Context.CloseAsync();
    }

    /// <summary>With SSEKIT_PICTURES=1 it also makes the picture of the sample's README.</summary>
    [BrowserTheory]
    [InlineData(Desktop, ColorScheme.Light)]
    [InlineData(Desktop, ColorScheme.Dark)]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    public async Task The_page_fits_its_window_and_begins_with_the_task(int width, ColorScheme colors)
    {
        await using var app = new NotificationsApp();
        IPage page = await OpenAsync(app, new() { ViewportSize = new() { Width = width, Height = 560 }, ColorScheme = colors });
        await OrderAsync(app, "Tea, two scones", "Coffee");
        await Expect(page.Locator("#feed li.alert")).Not.ToHaveCountAsync(0);
        await DropAsync(page, () => OrderAsync(app, "Lemon cake", "A pot of Darjeeling", "Toast"));
        await Expect(page.Locator("#drop-note")).ToContainTextAsync("caught up");
        await Expect(Orders(page)).ToHaveCountAsync(5);

        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        float diagnostics = await TopOfAsync(page, "aside");
        Assert.True(await TopOfAsync(page, "#order") <= diagnostics);
        Assert.Equal(width < Desktop, await TopOfAsync(page, "#feed") < diagnostics);
        if (width == Desktop && colors == ColorScheme.Light && Environment.GetEnvironmentVariable("SSEKIT_PICTURES") == "1")
        {
            await page.Mouse.MoveAsync(0, 0);
            await page.ScreenshotAsync(
                new() { Path = Path.Combine(SampleFolder, "notifications.png"), Animations = ScreenshotAnimations.Disabled });
        }

        await page.Context.CloseAsync();
    }

    private static string SampleFolder => typeof(NotificationsPageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(each => each.Key == "Notifications").Value!;

    private async Task<IPage> OpenAsync(NotificationsApp app, BrowserNewContextOptions? options = null)
    {
        IPage page = await chromium.OpenPageAsync(app.Listen(), options);
        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
        return page;
    }

    // The page tries to reconnect after a second, and comes through when the action has ended.
    private static async Task DropAsync(IPage page, Func<Task> action)
    {
        var ended = new TaskCompletionSource();
        await page.RouteAsync("**/feed/*?lastEventId=*", async route =>
        {
            await ended.Task;
            await route.ContinueAsync();
        });
        await page.Locator("#drop").EvaluateAsync("button => button.dataset.seconds = 1");
        await page.Locator("#drop").ClickAsync();
        await Expect(page.Locator("#state")).ToHaveTextAsync("dropped");
        await action();
        ended.SetResult();
    }

    private static ILocator Orders(IPage page) => page.Locator("#feed li.order");

    private static Task<float> TopOfAsync(IPage page, string selector) =>
        page.Locator(selector).EvaluateAsync<float>("element => element.getBoundingClientRect().top");

    // Oldest first; the page shows the newest first.
    private static async Task<IEnumerable<string>> ItemsAsync(ILocator rows) =>
        (await rows.Locator("span").AllInnerTextsAsync()).Reverse();

    private static async Task OrderAsync(NotificationsApp app, params IEnumerable<string> items)
    {
        using HttpClient shop = app.CreateClient();
        foreach (string item in items)
        {
            using HttpResponseMessage response = await shop.PostAsJsonAsync("/orders", new { item });
            response.EnsureSuccessStatusCode();
        }
    }

    private static IEnumerable<string> Items(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(static number => $"item {number}");
}
