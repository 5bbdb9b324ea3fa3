using System.Reflection;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Samples;

/// <summary>The smallest sample.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class HelloPageTests
{
    private readonly Chromium _chromium;

    public HelloPageTests(Chromium chromium)
    {
        _chromium = chromium;
        SetDefaultExpectTimeout((float)TestTimeout.Limit.TotalMilliseconds);
    }

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
    }

    // The page follows when the response of its stream has begun. Events from before are not sent to it.
    private async Task<IPage> OpenAsync(SampleProcess app)
    {
        IPage page = await _chromium.OpenPageAsync(app.Address);
        await page.RunAndWaitForResponseAsync(
            () => page.ReloadAsync(), static response => response.Url.EndsWith("/events", StringComparison.Ordinal));
        return page;
    }
}
