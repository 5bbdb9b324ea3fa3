using ChatStreaming.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatStreaming.Tests.Page;

/// <summary>One headless Chromium for the tests of a class, started by the first that asks for a page.</summary>
public sealed class ChatBrowser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public Task InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)TestTimeout.Limit.TotalMilliseconds);
        return Task.CompletedTask;
    }

    /// <summary>Opens a page in its own profile.</summary>
    public async Task<IPage> OpenAsync(Uri address, BrowserNewContextOptions? options = null)
    {
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Tool.Chromium.Path,
            Args = ["--no-sandbox", "--disable-gpu"], // Containers that run as root have no sandbox.
        });
        IBrowserContext profile = await _browser.NewContextAsync(options);
        return await OpenAsync(profile, address.ToString());
    }

    /// <summary>Opens a second tab beside a page, which shows the same address.</summary>
    public static Task<IPage> OpenBesideAsync(IPage page) => OpenAsync(page.Context, page.Url);

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    private static async Task<IPage> OpenAsync(IBrowserContext profile, string address)
    {
        IPage page = await profile.NewPageAsync();
        page.SetDefaultTimeout((float)TestTimeout.Limit.TotalMilliseconds);
        await page.GotoAsync(address);
        return page;
    }
}
