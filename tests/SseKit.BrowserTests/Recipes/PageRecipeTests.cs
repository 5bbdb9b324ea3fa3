using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>Each page shows every event once, whatever ends its connection.</summary>
public sealed class PageRecipeTests(Chromium chromium) : RecipeTest(chromium)
{
    [PageTheory]
    [InlineData("react", "/react/")]
    [InlineData("many-tabs", "/many-tabs/")]
    [InlineData("many-tabs", "/many-tabs/?leader")]
    [InlineData("htmx", "/htmx/")]
    [InlineData("htmx", "/htmx/htmx4.html")]
    [InlineData("datastar", "/datastar/")]
    public async Task A_page_resumes_without_lost_or_duplicate_events(string recipe, string path)
    {
        await StartAsync(recipe);
        IPage page = await OpenPageAsync(path);
        await TestTimeout.UntilAsync(() => Connections.GetConnections() is [{ Topics: [_] }]);

        await OrderAsync(recipe, "one");
        await ExpectAsync(page, Orders, "one");
        await WithoutStreamsAsync(async () =>
        {
            Disconnect();
            await OrderAsync(recipe, "two <b>");
        });
        await ExpectAsync(page, Orders, "one", "two <b>");
        await RestartAsync(recipe);
        await OrderAsync(recipe, "three");
        await ExpectAsync(page, Orders, "one", "two <b>", "three");
        await OrderAsync(recipe, "four");

        await ExpectAsync(page, Orders, "one", "two <b>", "three", "four");
        Assert.Single(Connections.GetConnections());
    }

    [PageTheory]
    [InlineData("react", "/react/")]
    [InlineData("htmx", "/htmx/")]
    [InlineData("htmx", "/htmx/htmx4.html")]
    public async Task The_last_event_ends_the_stream_for_good(string recipe, string path)
    {
        await StartAsync(recipe);
        IPage page = await OpenPageAsync(path);
        await OrderAsync(recipe, "one");
        await ExpectAsync(page, Orders, "one");

        await PostAsync($"/{recipe}/end");
        await TestTimeout.UntilAsync(() => Connections.GetConnections() is []);
        await WaitForControlAsync(page);

        Assert.Equal(1, Streams);
        await ExpectAsync(page, Orders, "one");
    }

    [PageTheory]
    [InlineData("/react/")]
    public async Task An_answer_resumes_after_its_connection_broke(string path)
    {
        const string Answer = "React: the words of an answer arrive one by one, and each of them once.";
        await StartAsync("react");
        IPage page = await OpenPageAsync(path);

        // The server breaks it after some events: a test that looks at the page could come after the last.
        Task broken = TestTimeout.UntilAsync(() => Connections.Disconnect(
            stream => stream.Path!.Contains("answers", StringComparison.Ordinal) && stream.Events > 2) == 1);
        await page.ClickAsync("button");
        await broken;
        await ExpectStateAsync(page, "#answer", "done");

        await ExpectAsync(page, "#answer", Answer);

        // The orders, and the answer twice.
        Assert.Equal(3, Streams);
    }
}
