using Microsoft.Playwright;

namespace SseKit.BrowserTests.Infrastructure;

/// <summary>The Chromium of this machine, started once for all tests. Each page has its own profile.</summary>
public sealed class Chromium : IAsyncLifetime
{
    public const string Program = "chromium";

    // In milliseconds.
    private static readonly float Limit = (float)TestTimeout.Limit.TotalMilliseconds;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (InstalledProgram.ReasonToSkip(Program) is not null)
        {
            return;
        }

        // One setting of the process, for all tests.
        Assertions.SetDefaultExpectTimeout(Limit);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = InstalledProgram.PathOf(Program),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            Timeout = Limit,
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    public async Task<IPage> OpenPageAsync(Uri address, BrowserNewContextOptions? options = null)
    {
        IBrowserContext profile = await _browser!.NewContextAsync(options);
        profile.SetDefaultTimeout(Limit);
        IPage page = await profile.NewPageAsync();
        await page.GotoAsync(address.ToString());
        return page;
    }
}
