using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Dashboard;

/// <summary>The page on screens, behind proxies, and while its stream is refused.</summary>
public sealed class DashboardDisplayTests(Chromium chromium) : DashboardPageTest(chromium)
{
    [BrowserFact]
    public async Task Page_is_light_or_dark_as_the_viewer_prefers()
    {
        await StartDashboardAsync();
        IPage page = await OpenAsync();
        List<string> colors = [];
        foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            colors.Add(await page.EvaluateAsync<string>(
                "() => { const style = getComputedStyle(document.body); return `${style.color} on ${style.backgroundColor}`; }"));
        }

        Assert.Equal(["rgb(27, 29, 30) on rgb(251, 251, 249)", "rgb(232, 234, 234) on rgb(18, 20, 21)"], colors);
    }

    [BrowserFact]
    public async Task Narrow_page_does_not_scroll_sideways()
    {
        await StartDashboardAsync();
        string longName = new('x', 200);
        await FollowAsync(longName);
        await StreamClient.OpenAsync(Client, "/rooms/" + longName);
        await Publisher.PublishAsync(longName, longName, eventType: longName);
        IPage page = await OpenAsync();
        await page.SetViewportSizeAsync(360, 740);
        await Button(Row(page, "topics", longName).Last, "Tail").ClickAsync();
        await Expect(page.Locator("#tail-events li")).ToHaveCountAsync(1);

        int width = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");

        Assert.Equal(360, width);
        foreach (ILocator cell in await page.Locator("#connections tbody td:visible, #connections tbody button").AllAsync())
        {
            LocatorBoundingBoxResult box = (await cell.BoundingBoxAsync())!;
            Assert.InRange(box.X + box.Width, 0, 360);
        }
    }

    [ChromiumTheory]
    [InlineData("/proxy/sse")]
    [InlineData("/proxy/sse/")]
    public async Task Page_works_behind_a_proxy_that_strips_a_prefix(string path)
    {
        await StartDashboardAsync(app =>
        {
            app.Use((context, next) =>
            {
                context.Request.Path = context.Request.Path.StartsWithSegments("/proxy", out PathString rest) ? rest : "/nothing";
                return next(context);
            });
            app.UseRouting();
            app.MapSseDashboard("/sse");
        });

        IPage page = await OpenAsync(path);
        await page.Locator("#filter-text").FillAsync("nothing");

        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
    }

    [BrowserFact]
    public async Task Page_whose_stream_was_refused_tries_again()
    {
        ExpectsObjections = true;
        bool isRefused = true;
        await StartDashboardAsync(app =>
        {
            app.Use((context, next) =>
            {
                if (isRefused && context.Request.Path == "/sse/overview")
                {
                    context.Response.StatusCode = (int)HttpStatusCode.BadGateway;
                    return Task.CompletedTask;
                }

                return next(context);
            });
            app.UseRouting();
            app.MapSseDashboard("/sse");
        });
        IPage page = await OpenAsync(state: "closed");

        isRefused = false;

        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
    }
}
