using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace SseKit.BrowserTests.Dashboard;

/// <summary>
/// The picture of the documentation, <c>src/docs/dashboard.png</c>: made if the environment variable <c>SSEKIT_DASHBOARD_PICTURE</c> names
/// the file.
/// </summary>
public sealed class DashboardPicture(Chromium chromium) : DashboardPageTest(chromium)
{
    private const int MaxBytes = 200_000;

    private static readonly string? Picture = Environment.GetEnvironmentVariable("SSEKIT_DASHBOARD_PICTURE");

    [BrowserFact]
    public async Task Picture_of_the_documentation_is_small()
    {
        await StartDashboardAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, context.Request.Query["user"].ToString())]));
                    return next(context);
                });
                app.UseRouting();
                app.MapSseDashboard("/sse");
                app.MapSse("/orders", () => SseResults.Follow("orders", "alerts"));
                app.MapSse("/chat/{id}", async (events, cancellationToken) =>
                {
                    await events.WriteAsync("Server-sent events", cancellationToken);
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }).WithSseReplay(context => $"chat:{context.Request.RouteValues["id"]}");
            },
            builder => builder.Environment.ApplicationName = "Shop");
        foreach (string path in (string[])["/orders?user=anna", "/orders?user=ben", "/rooms/lobby?user=anna", "/chat/7?user=carla"])
        {
            await StreamClient.OpenAsync(Client, path);
        }

        await StreamClient.OpenAsync(Client, "/rooms/lobby?user=carla", "expired-1");
        await (await StreamClient.OpenAsync(Client, "/rooms/lobby?user=ben")).DisposeAsync();
        IPage page = await OpenAsync();
        await page.SetViewportSizeAsync(1200, 900);
        await Button(Row(page, "topics", "orders"), "Tail orders").ClickAsync();
        for (int second = 0; second < (Picture is null ? 1 : 20); second++)
        {
            for (int number = 0; number < 3 + second % 4 * 5; number++)
            {
                await Publisher.PublishAsync("orders", $$"""{"item":"tea","number":{{number}}}""", eventType: "placed");
            }

            string shown = await page.Locator("#event-line polyline").GetAttributeAsync("points") ?? "";
            await Expect(page.Locator("#event-line polyline")).Not.ToHaveAttributeAsync("points", shown);
        }

        await Expect(Row(page, "routes", "/rooms/{room}")).ToContainTextAsync("unknown 1");
        await page.Locator("#tail-stop").ClickAsync();
        byte[] picture = await page.ScreenshotAsync(new() { FullPage = true });

        Assert.InRange(picture.Length, 1, MaxBytes);
        if (Picture is not null)
        {
            await File.WriteAllBytesAsync(Picture, picture);
        }
    }
}
