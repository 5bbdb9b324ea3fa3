using ChatStreaming.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatStreaming.Tests.Page;

/// <summary>One headless Chromium for the tests of a class, started by the first that asks for a page.</summary>
public sealed class ChatBrowser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task<IPage> OpenAsync(Uri address)
    {
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Tool.Chromium.Path,
            Args = ["--no-sandbox", "--disable-gpu"], // Containers that run as root have no sandbox.
        });
        IPage page = await _browser.NewPageAsync();
        page.SetDefaultTimeout((float)TestTimeout.Patience.TotalMilliseconds);
        await page.GotoAsync(address.ToString());
        return page;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
