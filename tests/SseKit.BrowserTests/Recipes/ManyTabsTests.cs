using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>Many tabs of one browser, which opens six connections to an HTTP/1.1 server.</summary>
public sealed class ManyTabsTests(Chromium chromium) : RecipeTest(chromium)
{
    private const string Recipe = "many-tabs";

    [PageTheory]
    [InlineData("/many-tabs/")]
    [InlineData("/many-tabs/?leader")]
    public async Task Eight_tabs_share_one_connection_that_survives_the_first_tab(string path)
    {
        await StartAsync(Recipe);
        List<IPage> tabs = [await OpenPageAsync(path)];
        for (int i = 1; i < 8; i++)
        {
            tabs.Add(await tabs[0].Context.NewPageAsync());
            await tabs[i].GotoAsync(tabs[0].Url);
        }

        foreach (IPage tab in tabs)
        {
            await ExpectStateAsync(tab, "#orders", "open");
        }

        await OrderAsync(Recipe, "one");
        await OrderAsync(Recipe, "two");
        await ExpectInAllAsync(tabs, "one", "two");
        Assert.Equal(1, Streams);

        // The first tab has the connection where a tab has it.
        await WithoutStreamsAsync(async () =>
        {
            await tabs[0].CloseAsync();
            await OrderAsync(Recipe, "three");
        });
        tabs.RemoveAt(0);
        await ExpectInAllAsync(tabs, "one", "two", "three");
        await TestTimeout.UntilAsync(() => Connections.GetConnections().Count == 1);

        await RestartAsync(Recipe);
        await OrderAsync(Recipe, "four");

        await ExpectInAllAsync(tabs, "one", "two", "three", "four");
        Assert.Single(Connections.GetConnections());
    }

    [PageTheory]
    [InlineData("/many-tabs/?leader")]
    public async Task An_event_that_a_tab_receives_twice_is_shown_once(string path)
    {
        await StartAsync(Recipe);
        IPage tab = await OpenPageAsync(path);
        await ExpectStateAsync(tab, "#orders", "open");
        await OrderAsync(Recipe, "one");
        await ExpectAsync(tab, Orders, "one");

        await tab.EvaluateAsync(
            """
            id => {
              const leader = new BroadcastChannel(JSON.stringify({ url: "/many-tabs/orders", types: ["order"] }));
              leader.postMessage({ type: "order", data: '{"item":"one"}', id });
              leader.postMessage({ type: "order", data: '{"item":"two"}', id: id + "x" });
            }
            """,
            await Publisher.GetLastEventIdAsync(Recipe));

        await ExpectAsync(tab, Orders, "one", "two");
    }

    private static async Task ExpectInAllAsync(List<IPage> tabs, params string[] orders)
    {
        foreach (IPage tab in tabs)
        {
            await ExpectAsync(tab, Orders, orders);
        }
    }
}
