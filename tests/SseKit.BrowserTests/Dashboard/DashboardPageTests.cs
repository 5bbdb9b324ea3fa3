using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Dashboard;

/// <summary>What a viewer sees and does in the dashboard.</summary>
public sealed class DashboardPageTests(Chromium chromium) : DashboardPageTest(chromium)
{
    private const string Hostile = "<img src=x onerror=\"alert('hostile')\">";

    [BrowserFact]
    public async Task Page_shows_connections_live()
    {
        await StartDashboardAsync();
        IPage page = await OpenAsync();
        await Expect(page.Locator("#open")).ToHaveTextAsync("0");

        StreamClient follower = await StreamClient.OpenAsync(Client, "/rooms/1");
        await Expect(page.Locator("#open")).ToHaveTextAsync("1");
        await Expect(Row(page, "routes", "/rooms/{room}").Locator("td").Nth(1)).ToHaveTextAsync("1");
        await Expect(Row(page, "connections", "/rooms/1")).ToContainTextAsync("room:1");
        await Expect(Row(page, "topics", "room:1")).ToContainTextAsync("Open");
        await Publisher.PublishAsync("room:1", "1");
        await Expect(Row(page, "topics", "room:1").Locator("td").Nth(3)).ToHaveTextAsync("1");

        await follower.DisposeAsync();
        await Expect(page.Locator("#open")).ToHaveTextAsync("0");
        await Expect(Row(page, "routes", "/rooms/{room}")).ToContainTextAsync("client_left 1");
        await Expect(page.Locator("#connections tbody")).ToHaveTextAsync("No stream is open.");
    }

    [BrowserFact]
    public async Task Button_disconnects_a_stream_and_its_row_goes()
    {
        await StartDashboardAsync();
        StreamClient first = await StreamClient.OpenAsync(Client, "/rooms/1");
        await StreamClient.OpenAsync(Client, "/rooms/2");
        IPage page = await OpenAsync();

        await Button(Row(page, "connections", "/rooms/1"), "Disconnect /rooms/1").ClickAsync();

        Assert.Empty(await first.ReadToEndAsync());
        await Expect(Row(page, "connections", "/rooms/1")).ToHaveCountAsync(0);
        await Expect(Row(page, "connections", "/rooms/2")).ToHaveCountAsync(1);
        await Expect(Row(page, "routes", "/rooms/{room}")).ToContainTextAsync("disconnected 1");
        await Expect(page.Locator("#problem")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task Filter_is_applied_by_the_server()
    {
        await StartDashboardAsync();
        await StreamClient.OpenAsync(Client, "/rooms/1");
        await StreamClient.OpenAsync(Client, "/rooms/2");
        IPage page = await OpenAsync();
        await Expect(page.Locator("#connections tbody tr")).ToHaveCountAsync(2);

        await page.Locator("#filter-text").FillAsync("rooms/2");
        await Expect(page.Locator("#connections tbody tr")).ToHaveCountAsync(1);
        await Expect(page.Locator("#connections-title small")).ToHaveTextAsync("1");
        await page.Locator("#filter-slow").CheckAsync();

        await Expect(page.Locator("#connections tbody")).ToHaveTextAsync("No stream is open.");
        await Expect(page.Locator("#open")).ToHaveTextAsync("2");
    }

    [BrowserFact]
    public async Task Tail_shows_the_events_of_a_topic_live()
    {
        await StartDashboardAsync();
        await FollowAsync("orders");
        await Publisher.PublishAsync("orders", "tea", eventType: "placed");
        IPage page = await OpenAsync();

        await Button(Row(page, "topics", "orders"), "Tail orders").ClickAsync();
        await Expect(page.Locator("#tail-events li")).ToHaveCountAsync(1);
        await Publisher.PublishAsync("orders", Hostile);

        ILocator newest = page.Locator("#tail-events li").First;
        await Expect(newest.Locator("pre")).ToHaveTextAsync(Hostile);
        await Expect(page.Locator("#tail-events li").Last).ToContainTextAsync("placed");
        await Publisher.CompleteAsync("orders");
        await Expect(page.Locator("#tail-state")).ToHaveTextAsync("completed");
        await page.Locator("#tail-stop").ClickAsync();
        await TestTimeout.UntilAsync(() => Connections.GetConnections().All(stream => stream.Path != "/sse/tail"));
    }

    [BrowserFact]
    public async Task Hostile_names_are_shown_as_text()
    {
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapSse("/names/{name}", (string name) => SseResults.Follow(Hostile));
        });
        await StreamClient.OpenAsync(Client, "/names/" + Uri.EscapeDataString(Hostile));
        await Publisher.PublishAsync(Hostile, Hostile, eventType: Hostile);
        IPage page = await OpenAsync();

        await Button(Row(page, "topics", Hostile), "Tail").ClickAsync();

        await Expect(page.Locator("#tail-events li strong")).ToHaveTextAsync(Hostile);
        await Expect(Row(page, "connections", "/names/" + Hostile)).ToHaveCountAsync(1);
        await Expect(page.Locator("img")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Viewer_without_permissions_is_offered_nothing()
    {
        await StartDashboardAsync(app => app.MapSseDashboard("/sse").AllowAnonymous(), environment: "Production");
        await StreamClient.OpenAsync(Client, "/rooms/1");

        IPage page = await OpenAsync();

        await Expect(Row(page, "connections", "/rooms/1")).ToHaveCountAsync(1);
        await Expect(Row(page, "topics", "room:1")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        await Expect(page.Locator("#tail")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task Hidden_page_closes_its_streams()
    {
        await StartDashboardAsync();
        IPage page = await OpenAsync();

        await page.EvaluateAsync(
            "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
            + "document.dispatchEvent(new Event('visibilitychange'))");
        await TestTimeout.UntilAsync(() => Connections.GetConnections().Count == 0);
        await page.EvaluateAsync(
            "Object.defineProperty(document, 'hidden', { value: false }); document.dispatchEvent(new Event('visibilitychange'))");

        await TestTimeout.UntilAsync(() => Connections.GetConnections().Count == 1);
    }
}
