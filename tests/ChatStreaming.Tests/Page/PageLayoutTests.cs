using System.Reflection;
using System.Text.RegularExpressions;
using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Page;

/// <summary>The page in windows of several sizes. With SSEKIT_PICTURES=1 it also makes the picture of the sample's README.</summary>
public sealed class PageLayoutTests(ChatBrowser browser) : ChatPageTest(browser)
{
    private const int Desktop = 1_000;

    [BrowserTheory]
    [InlineData(Desktop, ColorScheme.Light)]
    [InlineData(Desktop, ColorScheme.Dark)]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    public async Task The_page_fits_its_window(int width, ColorScheme colors)
    {
        var time = new SteppedTimeProvider();
        IPage page = await OpenAsync(
            new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), time, DocsChatClient.PaceOf(100)),
            new()
            {
                ViewportSize = new() { Width = width, Height = 720 },
                ColorScheme = colors,
                HasTouch = width < Desktop,
                IsMobile = width < Desktop,
            });
        await Expect(page.Locator("#model")).ToHaveTextAsync(DocsChatClient.Label);
        await AssertFitsAsync(page, width);
        time.Allow(200);
        await page.GetByRole(AriaRole.Button, new() { Name = "Start a long answer" }).ClickAsync();
        await Expect(page.Locator("#connection")).ToContainTextAsync(new Regex("event [0-9]{2}"));
        await AssertFitsAsync(page, width);

        await page.ReloadAsync();

        await Expect(page.Locator("#connection")).ToHaveAttributeAsync("data-state", "live");
        Task continued = Expect(page.Locator("#connection")).ToContainTextAsync("continued after reload");
        time.Allow(100);
        await continued;
        await AssertFitsAsync(page, width);
        await MakePictureAsync(page, width, colors);
        await page.GetByRole(AriaRole.Button, new() { Name = "Help" }).ClickAsync();
        await AssertFitsAsync(page, width);
    }

    private static async Task AssertFitsAsync(IPage page, int width)
    {
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        string[] cut = await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll(".top *, .connection *, .hint *, .welcome *, dialog *")]
              .filter(each => each.clientWidth > 1 && each.scrollWidth > each.clientWidth)
              .map(each => each.outerHTML)
            """);
        Assert.Empty(cut);
    }

    private static async Task MakePictureAsync(IPage page, int width, ColorScheme colors)
    {
        if (width == Desktop && colors == ColorScheme.Light && Environment.GetEnvironmentVariable("SSEKIT_PICTURES") == "1")
        {
            string folder = typeof(PageLayoutTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
                static item => item.Key == "Sample").Value!;
            await page.ScreenshotAsync(
                new() { Path = Path.Combine(folder, "chat.png"), Animations = ScreenshotAnimations.Disabled });
        }
    }
}
