using System.Reflection;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Samples;

/// <summary>The smallest sample.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class HelloPageTests(Chromium chromium)
{
    [BrowserFact]
    public async Task An_event_reaches_all_tabs()
    {
        string folder = typeof(HelloPageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(each => each.Key == "Hello").Value!;
        await using SampleProcess app = await SampleProcess.StartAsync("Hello.dll", "--contentRoot", folder);
        IPage first = await OpenAsync(app);
        IPage second = await OpenAsync(app);

        await first.GetByRole(AriaRole.Button).ClickAsync();

        await Expect(first.Locator("#said")).ToHaveTextAsync("hello");
        await Expect(second.Locator("#said")).ToHaveTextAsync("hello");
        await first.Context.CloseAsync();
        await second.Context.CloseAsync();
    }

    // The page follows when the response of its stream has begun. Events from before are not sent to it. It is loaded once: the response of
    // a page that was reloaded could come first.
    private async Task<IPage> OpenAsync(SampleProcess app)
    {
        IPage page = await chromium.OpenPageAsync(new Uri("about:blank"));
        await page.RunAndWaitForResponseAsync(
            () => page.GotoAsync(app.Address.ToString()), static response => response.Url.EndsWith("/events", StringComparison.Ordinal));
        return page;
    }
}
